// reject: P5
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static struct thing copy(struct thing *t) // <- P5
{
	return *t; // <- P5
}
