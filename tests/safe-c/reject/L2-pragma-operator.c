// reject: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

_Pragma("GCC diagnostic ignored \"-Wall\"") // <- L2
static u32 n;
