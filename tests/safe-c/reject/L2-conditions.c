// reject: L2
// SPDX-License-Identifier: MPL-2.0
/* What preprocessors may compute differently. */
#include <thing.h>

#if -1 > 0u // <- L2
#endif
#if '\377' < 0 // <- L2
#endif
#if 1 ? 2 : (3, 4) // <- L2
#endif
#if 10 / 3 == 3 // <- L2
#endif
#if 0x10 == 16 // <- L2
#endif
#if 1000000000000 > 1 // <- L2
#endif
#if ~0 == -1 // <- L2
#endif
#ifdef linux // <- L2
#endif
static u32 unused(u32 n)
{
	return n;
}
