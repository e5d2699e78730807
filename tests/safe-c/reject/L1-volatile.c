// reject: L1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(volatile u32 *p) // <- L1
{
	return *p;
}
