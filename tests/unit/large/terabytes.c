// SPDX-License-Identifier: MPL-2.0
/* As many times 4 GiB as there are, and a good size behind: as a u32, 112. */
#include <frame/obj.h>
#include <frame/span.h>

struct huge {
	struct obj obj;
	u8 bytes[(1ul << 46) + 96];
};
OBJ_TYPE_DECL(huge);
OBJ_TYPE(huge, NULL_RELEASE);
