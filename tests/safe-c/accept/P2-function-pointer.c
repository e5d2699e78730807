// accept: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static int poke(struct thing *t, u32 how)
{
	t->count = how;
	return 0;
}
static int call(struct thing *t)
{
	int (*fn)(struct thing *, u32) = poke;
	bool set = fn != NULL;
	return set ? fn(t, 3) : -1;
}
