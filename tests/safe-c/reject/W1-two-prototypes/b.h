// reject: W1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
int shared_call(u64 x); // <- W1
