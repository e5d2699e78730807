// reject: L2
// SPDX-License-Identifier: MPL-2.0
/*
 * For GCC a const function reads and writes no memory, so what its caller has stored for it need not be stored: look() found in v what lay on the stack before, as a
 * pointer, and its caller's stack frame was gone already.
 */
#include <thing.h>

struct view {
	struct thing *thing;
	u64 more[3];
};
typedef u32 look_fn(struct view *v, u32 x);
typedef const look_fn blind_fn; // <- L2
static const look_fn look; // <- L2
static u32 poke(u32 x)
{
	struct view v;

	return look(&v, x);
}
static u32 look(struct view *v, u32 x)
{
	if (!v->thing)
		return poke(x);
	v->thing->count = x;
	return 0;
}
static look_fn const *const seen = NULL; // <- L2
struct holder {
	struct obj obj;
	const look_fn *fn; // <- L2
};
static u32 use(struct holder *h, const look_fn given) // <- L2
{
	look_fn *const fine = look;

	return fine == seen || given == h->fn || ((const look_fn *)NULL) == fine; // <- L2
}
