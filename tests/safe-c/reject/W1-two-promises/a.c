// reject: W1
// SPDX-License-Identifier: MPL-2.0
#include "a.h"
u32 victim(u32 x)
{
	if (x == 3)
		fall();
	return x + 1;
}
