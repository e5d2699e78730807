// reject: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

typedef int fn(struct thing *t, u32 how);
static u32 use(u32 obj_live_count) // <- P8
{
	return obj_live_count;
}
