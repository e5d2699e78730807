// reject: P4
// SPDX-License-Identifier: MPL-2.0
/* Stored before it is known to be a value. */
#include <thing.h>

struct unknown;
struct holder {
	struct unknown *u; // <- P4
};
struct unknown {
	u32 x;
};
