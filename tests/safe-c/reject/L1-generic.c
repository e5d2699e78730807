// reject: L1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(u32 x)
{
	return _Generic(x, u32: 1, default: 2); // <- L1
}
