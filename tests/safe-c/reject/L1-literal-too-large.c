// reject: L1
// SPDX-License-Identifier: MPL-2.0
/* A decimal number that long cannot hold is an unsigned long for clang and an __int128 for GCC. */
#include <thing.h>

#define HUGE 9223372036854775808

struct TABLE part {
	u64 (*get)(u64 n);
};
struct TABLE whole {
	u64 n;
	struct part part;
};
static u64 same(u64 n)
{
	return n;
}
static const struct whole whole[2] = { { 1, { same } }, { 2, { same } } };
static const struct part *const chosen = &whole[9223372036854775808 > -1 ? 9 : 0].part; // <- L1
struct bottomless {
	struct obj obj;
	u32 tab[HUGE < 0 ? 4 : HUGE + -1 < HUGE]; // <- L1
	u32 more[sizeof(18446744073709551615) - 4]; // <- L1
};
static u64 use(struct bottomless *x, u32 n)
{
	return x->tab[n] + chosen->get(-9223372036854775808 < 0); // <- L1
}
