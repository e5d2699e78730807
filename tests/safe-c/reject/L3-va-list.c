// reject: L3
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 sum(u32 n)
{
	typedef u32 va_list; // <- L3 P8
	return n;
}
