// reject: P1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static struct thing *far(struct thing *t, u32 n)
{
	t += n; // <- P1
	return t;
}
