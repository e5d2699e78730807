// accept: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static int must_check poke(u32 how)
{
	return how ? 0 : -1;
}
static UNUSED u32 spare(u32 x)
{
	switch (x) {
	case 1:
		x++;
		fallthrough;
	default:
		return x + (u32)poke(x);
	}
}
