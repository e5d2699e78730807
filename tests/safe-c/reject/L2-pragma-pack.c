// reject: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

#pragma pack(1) // <- L2
struct wire {
	u8 kind;
	struct thing *t;
};
