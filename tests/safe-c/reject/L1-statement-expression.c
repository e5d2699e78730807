// reject: L1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(u32 x)
{
	return ({ // <- L1
		u32 y = x;
		y + 1;
	});
}
