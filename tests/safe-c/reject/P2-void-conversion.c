// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void wipe(struct thing *t)
{
	memset(t, 0, sizeof(*t)); // <- P2
}
