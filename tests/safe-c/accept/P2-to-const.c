// accept: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 look(const struct thing *t)
{
	return t->count;
}
static u32 use(struct thing *t)
{
	return look(t);
}
