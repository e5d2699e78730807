// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(bool c)
{
	if (c)
		goto out; // <- P4
	struct thing *t = NULL;
out:
	return t ? t->count : 0;
}
