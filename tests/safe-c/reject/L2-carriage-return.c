// reject: L2
// SPDX-License-Identifier: MPL-2.0
/* clang sees #if 0 below, GCC a comment. */
#include <frame/types.h>

//#if 0 // <- L2
static u32 n;
//#endif // <- L2
