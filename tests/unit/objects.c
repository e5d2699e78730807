// SPDX-License-Identifier: MPL-2.0
/*
 * Objects from the host's heap: each in memory of its own, so that the address sanitizer sees what
 * goes beyond it.
 */
#include <frame/obj.h>

#include "host.h"

static u32 nr_types = OBJ_NO_POOL + 1;
static struct obj_type *types[16];

struct obj *_obj_alloc(struct obj_type *type)
{
	struct obj *o = calloc(1, type->_size);

	if (type->_index == OBJ_NO_POOL) {
		UNIT_CHECK(nr_types < ARRAY_LEN(types));
		types[nr_types] = type;
		type->_index = nr_types++;
	}
	o->_refs = 1;
	o->_type = type->_index;
	return o;
}

void _obj_last_put(struct obj *o)
{
	types[o->_type]->_release(o);
	free(o);
}

void _obj_bad_count(struct obj *o, u32 change)
{
	(void)o;
	(void)change;
	printf("a bad count of references\n");
	exit(1);
}

bool _obj_no_ref(struct obj *o, u32 refs)
{
	if (refs == 0x7fffffff)
		_obj_bad_count(o, 0);
	return false;
}
