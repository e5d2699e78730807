// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void use(struct span a)
{
	span_fill(*&a, 0); // <- P4
}
