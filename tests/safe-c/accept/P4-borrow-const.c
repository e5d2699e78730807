// accept: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(struct thing *t, bool c, struct pair *q)
{
	struct pair *const p = c ? &t->pair : q;
	p->a = 1;
	return p->b;
}
