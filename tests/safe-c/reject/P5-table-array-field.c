// reject: P5
// SPDX-License-Identifier: MPL-2.0
/* A pointer to a table may be stored; so a table must not lie in something that goes away. */
#include <thing.h>

struct holder {
	const struct thing_ops ops[2]; // <- P5
};
