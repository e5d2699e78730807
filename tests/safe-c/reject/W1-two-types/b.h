// reject: W1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
extern struct thing *shared_word; // <- W1
