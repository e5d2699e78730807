// reject: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 refs(const struct thing *t)
{
	return t->obj._refs; // <- P8
}
