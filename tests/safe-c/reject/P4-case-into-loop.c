// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(u32 c)
{
	switch (c) {
	case 0:
		for (struct thing *t = NULL; t; t = t->next) {
		case 1: // <- P4
			return t->count;
		}
	default:
		return 0;
	}
}
