// reject: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
#undef ARRAY_LEN // <- P8
#define ARRAY_LEN(a) 1000 // <- P8

static u32 use(struct thing *t, u32 i)
{
	return *array_at(t->tab, i);
}
