// reject: P5
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct holder {
	u32 n;
	struct thing t; // <- P5
};
