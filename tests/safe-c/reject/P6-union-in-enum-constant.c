// reject: P6
// SPDX-License-Identifier: MPL-2.0
/* A union in the value of an enumeration constant. */
#include <thing.h>

enum { size_of_pun = sizeof(union pun { u64 n; u32 *p; }) }; // <- P6 W1
static void forge(u64 a)
{
	union pun x = { .n = a };

	*x.p = 42;
}
