// accept: P5
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void copy_parts(struct thing *a, const struct thing *b)
{
	a->pair = b->pair;
	a->count = b->count;
	a->next = b->next;
	span_copy(span_of(a->name), cspan_of(b->name));
}
