// reject: P5
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void clone(struct thing *a, struct thing *b)
{
	*a = *b; // <- P5
}
