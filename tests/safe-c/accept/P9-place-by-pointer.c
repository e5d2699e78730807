// accept: P9
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static struct thing *all[8];
static struct thing *pick(struct thing *t, u32 how)
{
	return how ? t : all[t->count];
}
static void change(struct thing *t, u32 n)
{
	struct thing *o = t->count ? all[n] : t;

	o->count += n ? 1 : 2;
	all[n]->pair.a++;
	pick(t, n ? 1 : 0)->count--;
	*array_at(t->tab, n ? 1 : 2) += n && t->count;
	(t->count ? all[n] : t)->count = 1;
}
