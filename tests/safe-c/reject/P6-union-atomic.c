// reject: P6
// SPDX-License-Identifier: MPL-2.0
#include <frame/atomic.h>

union both {
	u64 raw;
	struct atomic n; // <- P6
};
