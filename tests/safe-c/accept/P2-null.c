// accept: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static struct thing *none(struct thing *t, bool really)
{
	struct thing *r = 0;
	t->next = NULL;
	if (!t->other)
		r = really ? NULL : t;
	return r ? r : NULL;
}
