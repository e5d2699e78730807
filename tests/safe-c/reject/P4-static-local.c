// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(void)
{
	static u32 *const p = NULL; // <- P4
	return *p;
}
