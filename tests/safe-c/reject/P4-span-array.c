// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void use(struct span s)
{
	struct span two[2] = { s, s }; // <- P4
	span_fill(two[1], 0);
}
