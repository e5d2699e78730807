// reject: W1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
extern u64 shared_word;
