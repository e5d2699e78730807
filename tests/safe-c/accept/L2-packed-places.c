// accept: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct PACKED plain {
	u8 a;
	u64 b;
};
struct behind {
	u8 a;
	u64 b;
} PACKED;
struct field {
	u8 a;
	u64 b PACKED, c;
	struct {
		u8 d;
		u64 e;
	} PACKED in;
};
enum PACKED small {
	SMALL
};
static_assert(sizeof(struct plain) == 9 && sizeof(struct behind) == 9 && sizeof(enum small) == 1, "packed");
static_assert(sizeof(struct field) == 40, "b at 1, c at 16, in at 24");
