// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void put(struct thing *t, struct other *o)
{
	store_once(t->next, o); // <- P2
}
