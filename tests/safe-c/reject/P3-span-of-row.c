// reject: P3
// SPDX-License-Identifier: MPL-2.0
/* span_of() checks the length of a row, not that there is such a row. */
#include <thing.h>

struct names {
	u8 name[4][16];
};
static void clear(struct names *n, u32 i)
{
	span_fill(span_of(n->name[i]), 0); // <- P3
}
