// reject: P9
// SPDX-License-Identifier: MPL-2.0
/* A constant index is read before its check as well, and it can be any. */
#include <thing.h>

static u32 arr[4];
static void update(void)
{
	arr[1u << 28] |= 1; // <- P9
	arr[4]++; // <- P9
	arr[-1] += 2; // <- P9
	arr[~0ul] += 2; // <- P9
	arr[3] += 2;
}
