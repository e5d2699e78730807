// reject: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

#define JOIN(a, b) a##b
static u32 use(void)
{
	return JOIN(L, 'a'); // <- L2
}
