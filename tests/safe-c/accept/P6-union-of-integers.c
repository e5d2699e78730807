// accept: P6
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

union word {
	u32 whole;
	u16 half[2];
	u8 byte[4];
	struct pair pair;
};
static u8 low(u32 x)
{
	union word w = { .whole = x };
	return w.byte[0];
}
