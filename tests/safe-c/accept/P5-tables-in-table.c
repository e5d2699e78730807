// accept: P5
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct TABLE family {
	struct thing_ops member[2];
	const struct thing_ops *best;
};
static const struct thing_ops good = { .name = LIT("good") };
static const struct family family = { .member = { { LIT("a") }, { LIT("b") } }, .best = &good };
static const struct thing_ops *use(u32 i)
{
	return i ? family.best : array_at(family.member, i);
}
