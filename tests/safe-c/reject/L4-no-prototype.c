// reject: L4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

u32 visible(u32 x) // <- L4
{
	return x;
}
