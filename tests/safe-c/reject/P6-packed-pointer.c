// reject: P6
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct PACKED wire {
	u8 kind;
	struct thing *t; // <- P6
};
