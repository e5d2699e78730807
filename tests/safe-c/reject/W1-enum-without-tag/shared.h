// reject: shared.h
// SPDX-License-Identifier: MPL-2.0
/* An enumeration without a tag, of another size for each unit. */
#include <thing.h>

struct sized { // <- W1
	struct obj obj;
	enum { SIZED_A = 1, SIZED_B = SIZED_TOP } kind;
	struct other *other;
};
