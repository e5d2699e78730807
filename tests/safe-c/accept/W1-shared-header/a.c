// accept: W1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
static struct thing *use(struct thing *t)
{
	return t->next;
}
