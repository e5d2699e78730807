// reject: P3
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(struct grid *g, u32 i)
{
	u32(*const row)[4] = &g->cell[i]; // <- P3
	return (*row)[0];
}
