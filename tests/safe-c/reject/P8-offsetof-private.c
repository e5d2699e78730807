// reject: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(void)
{
	return offsetof(struct obj, _refs); // <- P8
}
