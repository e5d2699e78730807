// accept: W2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
struct thing *use(struct thing *t);
struct thing *use(struct thing *t)
{
	obj_put(&t);
	return obj_new(thing);
}
OBJ_TYPE(thing, NULL_RELEASE);
