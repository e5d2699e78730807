// SPDX-License-Identifier: MPL-2.0
/* 4 GiB and 48 bytes: as a u32, 48. */
#include <frame/obj.h>
#include <frame/span.h>

struct huge {
	struct obj obj;
	u8 bytes[(1ul << 32) + 16];
};
OBJ_TYPE_DECL(huge);
OBJ_TYPE(huge, NULL_RELEASE);
