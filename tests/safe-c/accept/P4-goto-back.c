// accept: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(struct thing *t)
{
	u32 tries = 0;
again:;
	struct pair *const p = &t->pair;
	if (p->a == 0 && tries++ < 3)
		goto again;
	return p->b;
}
