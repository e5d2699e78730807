// SPDX-License-Identifier: MPL-2.0
/* A byte more than an object may have, in a value inside a value. */
#include <frame/obj.h>
#include <frame/span.h>

struct inner {
	u8 bytes[OBJ_MAX / 2];
};
struct outer {
	struct inner two[2];
};
struct huge {
	struct obj obj;
	struct outer outer;
};
OBJ_TYPE_DECL(huge);
OBJ_TYPE(huge, NULL_RELEASE);
