// reject: P6
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

union both {
	u64 raw[64];
	struct thing t; // <- P6
};
