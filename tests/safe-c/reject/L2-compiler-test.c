// reject: L2
// SPDX-License-Identifier: MPL-2.0
/* What the checker reads must be what the compiler reads. */
#include <thing.h>

#ifdef __clang__ // <- P8
static u32 n;
#endif
#ifdef linux // <- L2
static u32 m;
#endif
