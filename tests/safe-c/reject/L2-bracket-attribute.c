// reject: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

[[gnu::pure]] static u32 use(u32 x) // <- L2
{
	return x;
}
