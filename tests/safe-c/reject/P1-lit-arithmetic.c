// reject: P1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static struct lit forge(u32 i)
{
	return LIT("a" + i); // <- L3 P1
}
