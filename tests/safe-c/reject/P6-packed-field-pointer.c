// reject: P6
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct wire {
	u8 kind;
	struct thing *t PACKED; // <- P6
};
