// accept: P1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 sum(const struct thing *t)
{
	u32 total = 0;
	for (u32 i = 0; i < ARRAY_LEN(t->tab); i++)
		total += t->tab[i];
	return total;
}
