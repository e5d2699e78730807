// reject: P5
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(void)
{
	const struct thing_ops ops = { .name = LIT("x") }; // <- P5
	return ops.poke != NULL;
}
