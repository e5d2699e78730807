// reject: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct __attribute__((packed)) wire { // <- L2
	u8 kind;
	u32 len;
};
