// accept: P7
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
#include "sized.h"

static u32 use(u32 i)
{
	return sized_table[i];
}
