// reject: L1
// SPDX-License-Identifier: MPL-2.0
/* clang takes 1u << 32 for 1u << 31, GCC for 0, and says so only where it is evaluated: an index that is inside for one of them only, an array of no elements. */
#include <thing.h>

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
static const u64 unevaluated = sizeof(enum { FAR = (1u << 32) ? 0 : 9 }); // <- L1
static const struct part *const chosen[] = {
	&whole[FAR].part,
	&whole[(1 << 40) ? 0 : 9].part, // <- L1
	&whole[1 >> 32].part, // <- L1
	&whole[bit(64) ? 0 : 9].part, // <- L1
	&whole[1 ? 0 : 1u << 32].part, // <- L1
	&whole[(u8)1 << sizeof(u64[4]) ? 0 : 9].part, // <- L1
};
static const u64 as_well = sizeof(enum { NONE = 1 ? (1 << (31 + 1)) ? 4 : 0 : 0 }); // <- L1
struct bottomless {
	struct obj obj;
	u32 tab[NONE];
};
static u64 use(struct bottomless *x, u32 n)
{
	u64 v = sizeof(1 << -1) + unevaluated + as_well; // <- L1

	v <<= 64; // <- L1
	v = v >> 64ul; // <- L1
	n <<= sizeof(u32) * 8; // <- L1
	return v + x->tab[n] + chosen[n & 3]->get(1);
}
