// reject: P4
// SPDX-License-Identifier: MPL-2.0
/* A variable with an initialiser is not zeroed first. */
#include <thing.h>

static u32 use(void)
{
	struct thing *t = t; // <- P4
	return t->count;
}
