// accept: P1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void bump(struct thing *t, u32 i)
{
	u32 *const slot = array_at(t->tab, i);
	*slot += 1;
}
