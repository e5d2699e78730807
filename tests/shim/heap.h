// SPDX-License-Identifier: MPL-2.0
/*
 * Objects and pages of host tests, from the host's heap (tests/unit/objects.c, pages.c): each in
 * memory of its own, so that the address sanitizer sees what goes beyond it.
 */
#ifndef UNIT_HEAP_H
#define UNIT_HEAP_H

#include <frame/obj.h>
#include <frame/page.h>

struct page {
	u32 refs;
	u8 bytes[PAGE_SIZE];
};

extern u64 unit_objects, unit_pages; /* alive */
/* About one of so many allocations fails, of objects and of pages; 0: none. */
extern u32 unit_fail_one_of;
/* NULL, or called for each object. */
extern void (*unit_object_made)(struct obj *o, const struct obj_type *type);
extern void (*unit_object_gone)(struct obj *o);

/* Whether an allocation shall fail now. */
bool unit_fails(void);
/* Names the types of which objects are alive. */
void unit_list_objects(void);

#endif
