// reject: P6
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

union forge {
	u64 address;
	struct thing *t; // <- P6
};
