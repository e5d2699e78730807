// accept: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static struct thing *table[16];
static struct thing *find(u32 i)
{
	struct thing *t;
	t = table[i];
	while (t && t->count != i)
		t = t->next;
	return t;
}
