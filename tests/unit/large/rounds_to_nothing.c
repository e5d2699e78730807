// SPDX-License-Identifier: MPL-2.0
/* The last size of 32 bits that an object can have: rounded up to a slot, nothing. */
#include <frame/obj.h>
#include <frame/span.h>

struct huge {
	struct obj obj;
	u64 words[0xffffffe8ul / 8];
};
OBJ_TYPE_DECL(huge);
OBJ_TYPE(huge, NULL_RELEASE);
