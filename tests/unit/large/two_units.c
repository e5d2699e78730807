// SPDX-License-Identifier: MPL-2.0
/* More than a unit of the pools: no size wraps, and still no unit holds it. */
#include <frame/obj.h>
#include <frame/span.h>

struct huge {
	struct obj obj;
	u8 bytes[(2ul << 20) + 16];
};
OBJ_TYPE_DECL(huge);
OBJ_TYPE(huge, NULL_RELEASE);
