// reject: P7
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(u32 n)
{
	u32 tab[n]; // <- P7
	return sizeof(tab);
}
