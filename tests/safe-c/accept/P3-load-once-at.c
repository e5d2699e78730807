// accept: P3
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(struct thing *t, u32 i)
{
	store_once(*array_at(t->tab, i), 3);
	return load_once(*array_at(t->tab, i));
}
