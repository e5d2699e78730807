// reject: P1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 off_the_end(struct thing *t, u32 i)
{
	return array_at(t->tab, 0)[i]; // <- P1
}
