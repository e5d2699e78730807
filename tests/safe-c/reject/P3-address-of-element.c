// reject: P3
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void set(u32 *p)
{
	*p = 1;
}
static void use(struct thing *t, u32 i)
{
	set(&t->tab[i]); // <- P3
}
