// reject: P6
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

union name {
	u64 n;
	struct lit text; // <- P6
};
