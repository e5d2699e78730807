// accept: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static struct thing *none(struct thing *t, u32 how)
{
	t->next = 0;
	t->other = NULL;
	if (how == 1)
		return (struct thing *)0;
	if (how == 2)
		return (NULL);
	return t->next == NULL ? t : 0;
}
