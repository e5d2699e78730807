// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void out(struct thing *t, u32 **where) // <- P4
{
	*where = &t->count; // <- P4
}
