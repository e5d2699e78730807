// reject: P3
// SPDX-License-Identifier: MPL-2.0
/* The row one past the end has an address too. */
#include <thing.h>

static u32 use(struct grid *g, u32 i)
{
	return *g->cell[i]; // <- P3
}
