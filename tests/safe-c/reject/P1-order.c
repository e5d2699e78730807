// reject: P1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static bool before(struct thing *a, struct thing *b)
{
	return a < b; // <- P1
}
