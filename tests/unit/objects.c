// SPDX-License-Identifier: MPL-2.0
/* Objects from the host's heap (heap.h). */
#include "heap.h"
#include "host.h"

#define NR_TYPES 128u

u64 unit_objects;
u32 unit_fail_one_of;
void (*unit_object_made)(struct obj *o, const struct obj_type *type);
void (*unit_object_gone)(struct obj *o);
static u32 nr_types = OBJ_NO_POOL + 1;
static struct obj_type *types[NR_TYPES];
static u64 live[NR_TYPES];

bool unit_fails(void)
{
	return unit_fail_one_of && !unit_random(unit_fail_one_of);
}

struct obj *_obj_alloc(struct obj_type *type)
{
	struct obj *o;

	if (unit_fails())
		return NULL;
	o = calloc(1, type->_size);
	if (type->_index == OBJ_NO_POOL) {
		UNIT_CHECK(nr_types < ARRAY_LEN(types));
		types[nr_types] = type;
		type->_index = nr_types++;
	}
	o->_refs = 1;
	o->_type = type->_index;
	unit_objects++;
	live[o->_type]++;
	if (unit_object_made)
		unit_object_made(o, type);
	return o;
}

void _obj_last_put(struct obj *o)
{
	if (unit_object_gone)
		unit_object_gone(o);
	live[o->_type]--;
	types[o->_type]->_release(o);
	free(o);
	unit_objects--;
}

void _obj_bad_count(struct obj *o, u32 change)
{
	printf("a bad count of references of type %u, change %d\n", o->_type, (s32)change);
	exit(1);
}

bool _obj_no_ref(struct obj *o, u32 refs)
{
	if (refs == 0x7fffffff)
		_obj_bad_count(o, 0);
	return false;
}

void unit_list_objects(void)
{
	u32 i;

	for (i = OBJ_NO_POOL + 1; i < nr_types; i++) {
		if (live[i])
			printf("%.*s: %lu\n", (int)lit_span(types[i]->_name)._n,
				(const char *)lit_span(types[i]->_name)._p, live[i]);
	}
}
