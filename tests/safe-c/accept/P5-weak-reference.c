// accept: P5
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static struct thing *registry;
static struct thing *lookup(u32 n)
{
	struct thing *t = load_once(registry);
	if (!t || !obj_tryget(t))
		return NULL;
	if (t->count != n)
		obj_put(&t);
	return t;
}
