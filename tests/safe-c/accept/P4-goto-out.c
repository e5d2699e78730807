// accept: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static int use(struct thing *t)
{
	int err = -1;
	u32 n = t->count;
	if (n == 0)
		goto out;
	for (u32 i = 0; i < n; i++) {
		struct pair p = { i, n };
		if (p.a > 3)
			goto out;
	}
	err = 0;
out:
	return err;
}
