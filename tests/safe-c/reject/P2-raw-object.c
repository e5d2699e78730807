// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void wipe(struct thing *t)
{
	span_fill(value_span(t), 0); // <- P2
}
