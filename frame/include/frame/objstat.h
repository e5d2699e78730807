// SPDX-License-Identifier: MPL-2.0
/*
 * What the pools of objects hold, for statistics. Source: frame/mm/pool.c.
 */
#ifndef FRAME_OBJSTAT_H
#define FRAME_OBJSTAT_H

#include <frame/lit.h>
#include <frame/types.h>

struct objstat {
	struct lit name; /* of the type */
	u64 live, slots; /* objects, and those with the slots that are free */
	u64 slot_size, slots_per_group, pages_per_group;
};
/*
 * Describes the @i-th pool, in the order of first use. The numbers are read one by one. False: @i is
 * past the end. Context: any.
 */
bool objstat_nth(u32 i, struct objstat *out);

#endif
