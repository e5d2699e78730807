// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void use(void)
{
	struct span s = span_sub(s, 0, 1); // <- P4
	span_fill(s, 0);
}
