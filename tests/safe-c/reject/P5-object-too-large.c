// reject: P5
// SPDX-License-Identifier: MPL-2.0
/* A size that the type of a pool cannot hold. */
#include <thing.h>

struct over_4g {
	struct obj obj;
	u8 bytes[1ul << 32];
};
struct just_under_4g {
	struct obj obj;
	u8 bytes[0xffffffe8];
};
struct over_4g_by_rows {
	struct obj obj;
	u8 rows[65536][65537];
};
struct over_1m {
	struct obj obj;
	u64 words[1ul << 17];
};
struct by_union {
	struct obj obj;
	union {
		u8 a;
		u8 bytes[1ul << 40];
	} in;
};
OBJ_TYPE_DECL(over_4g);
OBJ_TYPE(over_4g, NULL_RELEASE); // <- P5
OBJ_TYPE_DECL(just_under_4g);
OBJ_TYPE(just_under_4g, NULL_RELEASE); // <- P5
OBJ_TYPE_DECL(over_4g_by_rows);
OBJ_TYPE(over_4g_by_rows, NULL_RELEASE); // <- P5
OBJ_TYPE_DECL(over_1m);
OBJ_TYPE(over_1m, NULL_RELEASE); // <- P5
OBJ_TYPE_DECL(by_union);
OBJ_TYPE(by_union, NULL_RELEASE); // <- P5
