// reject: P5
// SPDX-License-Identifier: MPL-2.0
/* A struct without struct obj in front would let a service write the pool's own fields. */
#include <thing.h>

struct forged {
	u32 obj;
	u32 type;
	u64 next;
};
OBJ_TYPE(forged, NULL_RELEASE); // <- P5
