// reject: P3
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(struct thing *t, u32 i)
{
	u32 *const p = &(t->tab[i]); // <- P3
	return *p;
}
