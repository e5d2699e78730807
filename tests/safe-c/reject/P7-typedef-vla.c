// reject: P7
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(u32 n)
{
	typedef u32 row[n]; // <- P7 P8
	return sizeof(row);
}
