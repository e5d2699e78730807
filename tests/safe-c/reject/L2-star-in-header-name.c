// reject: L2
// SPDX-License-Identifier: MPL-2.0
/* A header's name that opens a comment for who does not know that it is one. */
#include <thing.h>

#if 0
#include <atk/*x.h> // <- L2
static __attribute__((no_sanitize_undefined)) u32 oob(u32 i) // <- L2
/**/
#endif
static u32 same(u32 i)
{
	return i;
}
