// accept: P3
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void fill(struct thing *t)
{
	span_fill(span_of(t->name), ' ');
}
