// accept: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(u32 c, struct thing *t)
{
	switch (c) {
	case 1: {
		struct pair *const p = &t->pair;
		return p->a;
	}
	default:
		return 0;
	}
}
