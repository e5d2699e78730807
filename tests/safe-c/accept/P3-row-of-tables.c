// accept: P3
// SPDX-License-Identifier: MPL-2.0
/* By array_at() the row is checked. */
#include <thing.h>

static int poke(struct thing *t, u32 how)
{
	return t->count == how;
}
static const struct thing_ops rows[2][2] = {
	{ { LIT("a"), poke }, { LIT("b"), poke } }, { { LIT("c"), poke }, { LIT("d"), poke } },
};
static int run(struct thing *t, u32 i)
{
	const struct thing_ops *ops = *array_at(rows, i);

	return ops->poke(t, 1) + rows[i][i].poke(t, 2);
}
