// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(struct thing *t)
{
	u32 *const both[2] = { &t->count, &t->count }; // <- P4
	return *both[0];
}
