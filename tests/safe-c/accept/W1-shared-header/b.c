// accept: W1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
static struct other *use(struct thing *t)
{
	return t->other;
}
