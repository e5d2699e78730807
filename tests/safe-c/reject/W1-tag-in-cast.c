// reject: W1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u64 use(void)
{
	u64 n = ((struct other { struct obj obj; u64 a, b; } *)NULL)->a; // <- W1
	struct other *t = obj_new(other);
	return t ? t->b : n;
}
