// accept: L1
// SPDX-License-Identifier: MPL-2.0
/* Frame macros are made of statement expressions; they are the frame's. */
#include <thing.h>

static u32 use(struct thing *t, u32 x)
{
	struct thing *kept = obj_get(t);
	u32 m = min(x, kept->count);
	obj_put(&kept);
	return max(m, 3u);
}
