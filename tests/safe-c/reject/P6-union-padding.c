// reject: P6
// SPDX-License-Identifier: MPL-2.0
/* The same padding by another member. */
#include <thing.h>

struct gap {
	u32 a;
	u64 b;
};
union gaps {
	struct gap gap; // <- P6
	u32 words[4];
};
union nested {
	struct {
		union {
			u64 a;
			u8 b;
		} in;
		u8 c[9];
	} out; // <- P6
	u8 bytes[24];
};
union small {
	u64 whole;
	u8 part;
	struct pair pair;
};
