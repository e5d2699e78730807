// reject: P6
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

union forge {
	struct span s; // <- P6
	u64 word[2];
};
