// reject: L4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use() // <- L4
{
	return 1;
}
