// reject: P4
// SPDX-License-Identifier: MPL-2.0
/* A frame macro stores through the address of the parameter: it would point elsewhere, for longer than it is borrowed. */
#include <thing.h>

static u32 use(struct pair *p, struct pair *q)
{
	store_once(p, q); // <- P4
	return p->a;
}
