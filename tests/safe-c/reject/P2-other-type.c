// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static struct thing *confuse(struct other *o)
{
	struct thing *t = o; // <- P2
	return t;
}
