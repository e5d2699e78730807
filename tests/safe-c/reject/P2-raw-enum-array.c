// reject: P2
// SPDX-License-Identifier: MPL-2.0
/* A packed enumeration is as wide as a byte, and a pointer to it compatible with one to bytes; but not any byte is one of its values. */
#include <thing.h>

enum PACKED colour { RED, GREEN };
static enum colour colours[8];
static void paint(void)
{
	span_set_byte(span_of(colours), 0, 3); // <- P2
	(void)cspan_of(colours); // <- P2
}
