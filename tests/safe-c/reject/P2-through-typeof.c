// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static struct thing *use(struct other *o)
{
	typeof((struct thing *)NULL) t = o; // <- P2
	return t;
}
