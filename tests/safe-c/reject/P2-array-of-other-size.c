// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u8 ninth(u8 (*p)[16])
{
	return (*p)[9];
}
static u8 use(void)
{
	u8 small[8] = { 0 };
	return ninth(&small); // <- P2
}
