// accept: P3
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void set(u32 *p)
{
	*p = 1;
}
static void use(u32 i)
{
	static struct pair pairs[8];
	set(&pairs[i].b);
}
