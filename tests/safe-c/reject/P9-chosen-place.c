// reject: P9
// SPDX-License-Identifier: MPL-2.0
/* GCC finds the place twice; the second time the choice may come out otherwise, and it gets to an index that it has not evaluated. */
#include <thing.h>

static struct thing *all[8];
static void choose(struct thing *t, u32 n)
{
	(t->count > n && t->pair.a > n ? all[t->pair.b] : all[t->tab[0]])->count += 1; // <- P9
	(t->count ? all[n] : t)->count++; // <- P9
	--(t->count ? t : t->next)->pair.b; // <- P9
	(*(t->count ? &t->pair : &t->next->pair)).a |= n; // <- P9
	all[t->count && all[n]->count]->count -= 2; // <- P9
	all[unlikely(t->count && all[n]->count)]->count -= 2; // <- P9
	*array_at((t->count ? all[n] : t)->tab, n) += 1; // <- P9
}
