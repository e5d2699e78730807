// reject: P7
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 tab[];
static u32 use(u32 i)
{
	return tab[i]; // <- P7
}
