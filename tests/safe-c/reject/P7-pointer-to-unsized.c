// reject: P7
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(u32 (*tab)[], u32 i) // <- P7
{
	return (*tab)[i]; // <- P7
}
