// reject: L2
// SPDX-License-Identifier: MPL-2.0
/* A token in two lines could be one that is not allowed. */
#include <thing.h>

static u32 use(struct thing *t)
{
	return t-\
>count; // <- L2
}
