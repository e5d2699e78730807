// reject: L3
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 sum(u32 n, ...) // <- L3
{
	return n;
}
