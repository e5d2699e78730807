// reject: W1
// SPDX-License-Identifier: MPL-2.0
/* The declaration hides in a sizeof. */
#include <thing.h>

static u64 use(void)
{
	u64 n = sizeof(struct thing { struct obj obj; u64 big[100]; }); // <- W1
	struct thing *t = obj_new(thing);
	return t ? t->big[99] : n;
}
