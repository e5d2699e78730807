// reject: L1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(u32 i)
{
	static const u32 n = 0;
	goto *&&here; // <- L1
here:
	return n + i;
}
