// reject: P5
// SPDX-License-Identifier: MPL-2.0
/* Not even as the first field: an object is one slot. */
#include <thing.h>

struct special {
	struct thing thing; // <- P5
	u32 n;
};
