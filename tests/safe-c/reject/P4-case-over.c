// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(u32 c)
{
	switch (c) {
		struct thing *t;
	case 1: // <- P4
		return t->count;
	default: // <- P4
		return 0;
	}
}
