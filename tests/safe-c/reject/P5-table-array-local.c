// reject: P5
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(void)
{
	const struct thing_ops ops[1] = { { LIT("x"), NULL } }; // <- P5
	return ops[0].poke != NULL;
}
