// reject: L4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(void)
{
	return (u32)somewhere(3); // <- L4
}
