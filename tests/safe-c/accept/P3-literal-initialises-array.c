// accept: P3
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u8 first(void)
{
	static const char text[] = "abc";
	u8 copy[4] = "xyz";
	return (u8)text[0] + copy[1];
}
