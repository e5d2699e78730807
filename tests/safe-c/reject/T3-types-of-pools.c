// reject: T3
// SPDX-License-Identifier: MPL-2.0
/* What a pool's name may not be. */
#include <thing.h>

#define ALIAS thing
#define NOTHING
static void types(struct thing *t)
{
	(void)obj_new(ALIAS); // <- T3
	(void)obj_new(thing NOTHING); // <- T3
	(void)obj_cast(ALIAS, &t->obj); // <- T3
}
