// reject: P5
// SPDX-License-Identifier: MPL-2.0
#include <frame/atomic.h>

struct counter {
	struct atomic n;
	u32 x;
};
static void copy(struct counter *a, struct counter *b)
{
	*a = *b; // <- P5
}
