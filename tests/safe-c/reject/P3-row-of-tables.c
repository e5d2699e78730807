// reject: P3
// SPDX-License-Identifier: MPL-2.0
/* The address of the row one past the end, which is that of no table. */
#include <thing.h>

static int poke(struct thing *t, u32 how)
{
	return t->count == how;
}
static const struct thing_ops rows[2][2] = {
	{ { LIT("a"), poke }, { LIT("b"), poke } }, { { LIT("c"), poke }, { LIT("d"), poke } },
};
static const struct thing_ops *kept;
static int run(struct thing *t, u32 i)
{
	const struct thing_ops *const ops = rows[i]; // <- P3

	kept = rows[i]; // <- P3
	return ops->poke(t, 1) + rows[i]->poke(t, 2) + (*rows[i]).poke(t, 3); // <- P3
}
static const struct thing_ops *const first = rows[2]; // <- P3
static const struct thing_ops *get(void)
{
	return first;
}
