// reject: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(u32 *p)
{
	return __builtin_assume_aligned(p, 64) != NULL; // <- L2
}
