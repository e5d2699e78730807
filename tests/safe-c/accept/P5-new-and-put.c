// accept: P5
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct item {
	struct obj obj;
	u32 n;
	struct thing *owner;
};
static void item_release(struct item *it)
{
	obj_put(&it->owner);
}
OBJ_TYPE(item, item_release);

static struct item *item_make(struct thing *owner)
{
	struct item *it = obj_new(item);
	if (!it)
		return NULL;
	it->owner = obj_get(owner);
	it->n = 1;
	return it;
}
static void item_drop(struct item **ip)
{
	obj_put(ip);
}
