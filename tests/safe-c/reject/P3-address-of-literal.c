// reject: P3
// SPDX-License-Identifier: MPL-2.0
/* The characters of a literal are not const for C, but cannot be written. */
#include <thing.h>

static void write(void)
{
	char (*const p)[4] = &"abc"; // <- P3

	(*p)[0] = 'x';
	(*&"abc")[1] = 'y'; // <- P3
}
