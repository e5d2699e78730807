// reject: P1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 swapped(struct thing *t, u32 i)
{
	return i[t->tab]; // <- P1
}
