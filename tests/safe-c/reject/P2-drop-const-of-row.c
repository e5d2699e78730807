// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 take(u32 (*row)[4])
{
	return (*row)[0] = 1;
}
static u32 use(const struct grid *g)
{
	return take(array_at(g->cell, 0)); // <- P2
}
