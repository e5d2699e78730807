// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void overwrite(struct thing *t, const struct pair *p)
{
	memcpy(&t->next, p, sizeof(*p)); // <- P2
}
