// reject: L4
// SPDX-License-Identifier: MPL-2.0
/* Declared static and never defined: the linker takes the function of that name from another unit or from the frame, and nobody compares the types. */
#include <frame/test.h>
#include <thing.h>

static void iomem_write64(u64 where, u64 off, u64 v); // <- L4
static inline struct thing *elsewhere(u64 address); // <- L4
typedef u64 reader(struct thing *t);
static reader other; // <- L4
static u64 unused(u64 n); // <- L4
typedef u64 counter(u64 n);
static counter one, two; // <- L4
static u64 one(u64 n)
{
	return n;
}
KTEST(no_body); // <- L4

static u64 use(u64 address)
{
	iomem_write64(address, 0, 1);
	return elsewhere(address)->count + other(elsewhere(8)) + one(two(1));
}
