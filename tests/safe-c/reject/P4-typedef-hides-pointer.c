// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

typedef u32 *where;
static u32 use(struct thing *t)
{
	where w = &t->count; // <- P4
	return *w;
}
