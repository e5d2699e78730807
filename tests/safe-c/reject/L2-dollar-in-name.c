// reject: L2
// SPDX-License-Identifier: MPL-2.0
/* A name that an assembler could take for a number. */
#include <thing.h>

static u64 $4096; // <- L2
static u64 read(struct thing *t$) // <- L2
{
	return t$->count + $4096; // <- L2
}
