// reject: L1
// SPDX-License-Identifier: MPL-2.0
/* No file holds the word. */
#include <thing.h>

#define JOIN(a, b) a##b
static u32 use(u32 i)
{
	JOIN(vola, tile) u32 v = i; // <- L1
	return v;
}
static JOIN(vol, atile) u32 flag; // <- L1
static void fill(u32 *JOIN(re, strict) p) // <- L1
{
	JOIN(regi, ster) u32 r = *p; // <- L1
	*p = r;
}
