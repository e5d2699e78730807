// accept: P3
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 row_sum(const u32 (*row)[4])
{
	return (*row)[0] + (*row)[3];
}
static u32 use(struct grid *g, u32 i)
{
	return row_sum(array_at(g->cell, i));
}
