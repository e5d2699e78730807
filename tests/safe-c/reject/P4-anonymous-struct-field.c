// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct holder {
	u32 n;
	struct {
		u32 *where; // <- P4
	};
};
