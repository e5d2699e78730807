// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(bool c)
{
	if (c)
		goto in; // <- P4
	{
		struct thing *t;
	in:
		return t ? t->count : 0;
	}
}
