// reject: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

#line 1 "frame/include/frame/types.h" // <- L2
static u32 n;
