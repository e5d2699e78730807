// reject: P3
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(void)
{
	u32 tab[4] = { 1, 2, 3, 4 };
	u32 *const p = tab; // <- P3
	return *p;
}
