// reject: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void drop(struct thing *t)
{
	_obj_put(&t->obj); // <- P8
}
