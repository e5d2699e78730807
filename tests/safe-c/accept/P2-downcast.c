// accept: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 count_of(struct obj *o)
{
	struct thing *t = obj_cast(thing, o);
	return t ? t->count : 0;
}
static u32 use(struct thing *t)
{
	return count_of(&t->obj);
}
