// accept: W1
// SPDX-License-Identifier: MPL-2.0
#include "opaque.h"
struct opaque {
	struct obj obj;
	u64 key;
};
OBJ_TYPE(opaque, NULL_RELEASE);
struct opaque *opaque_make(u64 key)
{
	struct opaque *o = obj_new(opaque);
	if (o)
		o->key = key;
	return o;
}
