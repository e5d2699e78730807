// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

union bits {
	u32 word;
	u8 byte[4];
};
static u8 low(u32 x)
{
	union bits b = (union bits)x; // <- P2
	return b.byte[0];
}
