// reject: P2
// SPDX-License-Identifier: MPL-2.0
/* For clang the sum is 0, for GCC, to which the bit-field is a byte wide, it is the address. */
#include <thing.h>

struct narrow {
	u64 b : 8;
};
static void forge(struct narrow *x)
{
	*(u32 *)((sizeof(((void)0, x->b)) == 1) * 0xffffffffc1234560ul) = 42; // <- P2 L1
}
