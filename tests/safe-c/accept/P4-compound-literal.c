// accept: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 sum(const struct pair *p)
{
	return p->a + p->b;
}
static u32 use(void)
{
	return sum(&(struct pair){ 1, 2 });
}
