// reject: W1
// SPDX-License-Identifier: MPL-2.0
/* obj_new(thing) would take a slot of the other struct thing. */
#include <thing.h>

static u64 use(void)
{
	struct thing { // <- W1
		struct obj obj;
		u64 big[100];
	};
	struct thing *t = obj_new(thing);
	return t ? t->big[99] : 0;
}
