// reject: W1
// SPDX-License-Identifier: MPL-2.0
#include "a.h"
u64 shared_word;
