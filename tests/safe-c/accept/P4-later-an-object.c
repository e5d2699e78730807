// accept: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct unknown;
struct holder {
	struct unknown *u;
};
struct unknown {
	struct obj obj;
	u32 x;
};
