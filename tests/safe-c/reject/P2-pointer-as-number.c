// reject: P2
// SPDX-License-Identifier: MPL-2.0
/* Frame macros convert a number explicitly, which a pointer would survive. */
#include <thing.h>

static u64 where(struct thing *t, u32 *p)
{
	return round_down(~0ul, t) + *array_at(t->tab, p); // <- P2
}
