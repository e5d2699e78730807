// reject: P4
// SPDX-License-Identifier: MPL-2.0
/* The bytes die with the call. */
#include <thing.h>

static struct span scratch(void) // <- P4
{
	u8 bytes[8] = { 0 };
	return span_of(bytes);
}
