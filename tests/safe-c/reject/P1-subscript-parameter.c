// reject: P1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 third(const u32 p[4])
{
	return p[2]; // <- P1
}
