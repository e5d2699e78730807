// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static struct thing *use(bool c, struct other *o, struct thing *t)
{
	return c ? o : (c ? NULL : t); // <- P2
}
