// reject: P2
// SPDX-License-Identifier: MPL-2.0
/* The conversion hides in an initialiser. */
#include <thing.h>

struct holder {
	u64 n;
	struct thing *t;
};
static struct thing *confuse(struct other *o)
{
	struct holder h = { .n = 1, .t = o }; // <- P2
	return h.t;
}
