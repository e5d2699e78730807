// reject: P6
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

union jump {
	u64 address;
	int (*fn)(void); // <- P6
};
