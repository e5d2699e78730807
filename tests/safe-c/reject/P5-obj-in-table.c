// reject: P5
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct TABLE forged {
	struct obj obj; // <- P5
	u64 x;
};
