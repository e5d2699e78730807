// reject: P1
// SPDX-License-Identifier: MPL-2.0
/* The operator is the service's though both operands begin with text of the frame. */
#include <thing.h>

static u32 beyond(struct thing *t)
{
	return *(array_at(t->tab, 0) + MAX_CPUS); // <- P1
}
