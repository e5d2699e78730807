// accept: L1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(u32 i)
{
	switch (i) {
	case 0 ... 3:
		return 1;
	case 4:
		i++;
		fallthrough;
	default:
		return i;
	}
}
