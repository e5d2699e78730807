// reject: P3
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(struct thing *t, u32 i)
{
	return (0, t->tab)[i]; // <- P1 P3
}
