// accept: L4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

typedef int poke_fn(struct thing *t, u32 how);
static poke_fn poke;
static int poke(struct thing *t, u32 how)
{
	return (int)(t->count + how);
}
static int use(struct thing *t, poke_fn *fn)
{
	return fn(t, 1) + poke(t, 2);
}
