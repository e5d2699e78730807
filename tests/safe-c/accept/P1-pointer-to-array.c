// accept: P1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 at(u32 (*tab)[4], u32 i)
{
	return (*tab)[i];
}
static u32 use(struct thing *t)
{
	return at(&t->tab, 2);
}
