// reject: L1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(u32 x) __asm__("_obj_alloc"); // <- L1 L2
static u32 use(u32 x)
{
	return x;
}
