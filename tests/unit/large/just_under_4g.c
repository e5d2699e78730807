// SPDX-License-Identifier: MPL-2.0
/* Fits a u32; rounded up to a unit of the pools it does not. */
#include <frame/obj.h>
#include <frame/span.h>

struct huge {
	struct obj obj;
	u64 words[(0xffe00000ul + 64) / 8];
};
OBJ_TYPE_DECL(huge);
OBJ_TYPE(huge, NULL_RELEASE);
