// reject: L1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(void)
{
	return sizeof(1i); // <- L1
}
