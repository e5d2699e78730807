// reject: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void forge(u8 *p)
{
	struct span s = { ._p = p, ._n = 100 }; // <- P8
	span_fill(s, 0);
}
