// accept: P5
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct exactly_1m {
	struct obj obj;
	u64 words[(1ul << 17) - 2];
};
OBJ_TYPE_DECL(exactly_1m);
OBJ_TYPE(exactly_1m, NULL_RELEASE);
