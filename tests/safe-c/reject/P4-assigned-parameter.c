// reject: P4
// SPDX-License-Identifier: MPL-2.0
/* The parameter would outlive the local it is pointed at. */
#include <thing.h>

static u32 use(u32 *p)
{
	{
		u32 inner = 3;
		p = &inner; // <- P4
	}
	return *p;
}
