// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static struct thing *confuse(bool c, struct thing *t, struct other *o)
{
	return c ? t : o; // <- P2
}
