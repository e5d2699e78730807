// accept: L1
// SPDX-License-Identifier: MPL-2.0
/* What is computed with a bit-field has an ordinary type. */
#include <thing.h>

struct narrow {
	u32 b : 8;
};
static u64 sizes(struct narrow *x)
{
	return sizeof(x->b + 1) + sizeof(*x) + sizeof((u8)x->b);
}
