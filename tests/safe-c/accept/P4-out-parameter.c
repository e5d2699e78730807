// accept: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static int find(struct thing *t, struct thing **out)
{
	*out = t->next;
	return 0;
}
static u32 use(struct thing *t)
{
	struct thing *n = NULL;
	return find(t, &n) || !n ? 0 : n->count;
}
