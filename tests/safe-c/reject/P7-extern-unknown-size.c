// reject: P7
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
#include "unsized.h"

static u32 use(u32 i)
{
	return unsized_table[i]; // <- P7
}
