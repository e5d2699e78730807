// reject: L2
// SPDX-License-Identifier: MPL-2.0
/* clang packs these, GCC does not. */
#include <thing.h>

struct PACKED forward;
struct forward { // <- L2
	u8 a;
	u64 b;
};
PACKED struct before { // <- L2
	u8 a;
	u64 b;
};
struct inside {
	u8 a;
	u64 (PACKED b); // <- L2
	u64 const PACKED c; // <- L2
	PACKED struct { // <- L2
		u8 d;
		u64 e;
	};
};
PACKED enum first { // <- L2
	FIRST
};
struct half {
	u8 pad[(sizeof(struct forward) - 9) * 100000 + 1];
};
static u32 take(struct half h)
{
	return h.pad[0];
}
