// reject: P9
// SPDX-License-Identifier: MPL-2.0
/* GCC 12 reads the element before it checks the index. */
#include <thing.h>

static u32 arr[4];
static struct pair pairs[4];
static void or_it(u32 i, u32 v)
{
	arr[i] |= v; // <- P9
}
static void inc_it(struct grid *g, u32 i)
{
	g->cell[1][i]++; // <- P9
	g->cell[i][i] <<= 1; // <- P9
	(pairs[i].a) -= 1; // <- P9
}
static void chain(u32 i, u32 j)
{
	arr[i] ^= arr[j] ^= arr[i]; // <- P9
}
static u32 post(u32 (*a)[4], u32 i)
{
	return (*a)[i]--; // <- P9
}
static u32 pre(u32 i)
{
	return --((arr)[i & 3]); // <- P9
}
