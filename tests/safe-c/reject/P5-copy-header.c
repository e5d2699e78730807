// reject: P5
// SPDX-License-Identifier: MPL-2.0
/* The header of an object is the frame's. */
#include <thing.h>

static void same(struct thing *a, struct other *b)
{
	a->obj = b->obj; // <- P5
}
