// reject: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void forge(u8 *p)
{
	span_fill((struct span){ p, 100 }, 0); // <- P8
}
