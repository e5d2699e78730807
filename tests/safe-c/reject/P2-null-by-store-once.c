// reject: P2
// SPDX-License-Identifier: MPL-2.0
/* GCC takes any integer for a pointer there. */
#include <thing.h>

static void clear(struct thing *t)
{
	store_once(t->next, sizeof(u64) - 8); // <- P2
}
