// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void use(struct span s)
{
	struct {
		struct span s; // <- P4
	} box = { s };
	span_fill(box.s, 0);
}
