// reject: L4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(void)
{
	extern u32 elsewhere; // <- L4
	return elsewhere;
}
