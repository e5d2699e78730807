// reject: P5
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct late {
	u32 n;
	struct obj obj; // <- P5
};
