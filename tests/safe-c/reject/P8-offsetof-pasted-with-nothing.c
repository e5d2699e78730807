// reject: P8
// SPDX-License-Identifier: MPL-2.0
/* The name of a private field is pasted to nothing, so no token begins with an underscore where it is written. */
#include <thing.h>

#define FIELD(a) a ## _refs
static u64 where(void)
{
	return offsetof(struct obj, FIELD()) + offsetof(struct thing, obj.FIELD()); // <- P8
}
static u64 fine(void)
{
	return offsetof(struct thing, tab[2]) + where();
}
