// reject: P1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void step(struct thing *t)
{
	t++; // <- P1
}
