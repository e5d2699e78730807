// SPDX-License-Identifier: MPL-2.0
/* 4 GiB: as a u32, 0. The array is of rows. */
#include <frame/obj.h>
#include <frame/span.h>

struct huge {
	struct obj obj;
	u64 rows[(1ul << 29) / 64 - 1][64];
	u64 last[62];
};
OBJ_TYPE_DECL(huge);
OBJ_TYPE(huge, NULL_RELEASE);
