// reject: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

#define TAIL(a) a##_obj_put
static void drop(struct thing *t)
{
	TAIL()(&t->obj); // <- P8
}
