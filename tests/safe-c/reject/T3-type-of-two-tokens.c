// reject: T3
// SPDX-License-Identifier: MPL-2.0
/* The pasted tail vanishes by a macro: the pool of one type, a pointer to another. */
#include <thing.h>

#define const_obj_type
struct thing_obj_type {
	struct obj obj;
	struct other *forged;
};
static u64 forge(struct thing *t)
{
	const struct thing_obj_type *c = obj_cast(thing_obj_type const, &t->obj); // <- T3

	return c->forged->secret;
}
