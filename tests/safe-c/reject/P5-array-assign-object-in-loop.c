// reject: P5
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void use(struct thing *a)
{
	for (struct thing t = *a; t.count; t.count--) // <- P5
		;
}
