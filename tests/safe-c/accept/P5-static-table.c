// accept: P5
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static int poke(struct thing *t, u32 how)
{
	t->count += how;
	return 0;
}
static const struct thing_ops ops = { .name = LIT("plain"), .poke = poke };
static const struct thing_ops *const all[] = { &ops };
static int use(struct thing *t, u32 i)
{
	return all[i]->poke(t, 1);
}
