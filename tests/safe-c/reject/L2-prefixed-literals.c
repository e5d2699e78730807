// reject: L2
// SPDX-License-Identifier: MPL-2.0
/* Literals with a prefix. */
#include <thing.h>

#define A u8"a" // <- L2
#define B L'a' // <- L2
#define C U"a" // <- L2
#define D u'a' // <- L2
static u32 sum(void)
{
	return 'ab' + 'a'; // <- L2
}
