// reject: L1
// SPDX-License-Identifier: MPL-2.0
/* For GCC a sum with a bit-field that is wider than an int has as many bits as the field: the greatest number of the type is another constant than for clang. */
#include <thing.h>

struct narrow {
	u64 b : 40;
	s64 d : 40;
};
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
static const struct part *const chosen = &whole[(typeof(((struct narrow *)0)->b + 0))-1 == ~0ul ? 0 : 9].part; // <- L1
typedef typeof(~((struct narrow *)0)->b) inverse; // <- L1
struct bottomless {
	struct obj obj;
	u32 tab[(typeof(1 ? ((struct narrow *)0)->b : 0))-1 == ~0ul ? 4 : 0]; // <- L1
};
static u64 use(struct bottomless *x, struct narrow *y, u32 n)
{
	typeof(y->b << 1) shifted = y->b; // <- L1
	typeof(min(y->b, y->b)) least = y->b; // <- L1
	typeof((n, -y->d)) minus = y->d; // <- L1
	u64 fine = min(y->b, y->b) + sizeof(y->b + 1) + (u64)(inverse)1;

	return x->tab[n] + chosen->get(1) + shifted + least + (u64)minus + fine;
}
