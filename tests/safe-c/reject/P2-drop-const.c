// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void change(const struct thing *t)
{
	struct thing *w = t; // <- P2
	w->count = 0;
}
