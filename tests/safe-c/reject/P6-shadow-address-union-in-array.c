// reject: P6
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct holder {
	struct obj obj;
	union slot {
		u64 word;
		struct thing *t[2]; // <- P6
	} slots[4];
};
