// reject: P4
// SPDX-License-Identifier: MPL-2.0
/* A result that was never given is whatever the register held. */
#include <thing.h>

static struct thing *find(struct thing *t, u32 n)
{
	for (; t; t = t->next)
		if (t->count == n)
			return t;
} // <- P4
