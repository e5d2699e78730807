// reject: P8
// SPDX-License-Identifier: MPL-2.0
/* Without a name, but the fields are private all the same. */
#include <thing.h>

static void forge(u8 *p)
{
	struct span s = { p, 100 }; // <- P8
	span_fill(s, 0);
}
