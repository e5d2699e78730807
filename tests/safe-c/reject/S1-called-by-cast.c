// reject: S1
// SPDX-License-Identifier: MPL-2.0
/* A null pointer that is called: its arguments are on the stack before the call faults, and only the cast says how much that is. */
#include <thing.h>

struct big {
	u64 x[400];
};
struct holder {
	struct obj obj;
	struct big big;
};
static void by_value(struct holder *h)
{
	((void (*)(struct big))NULL)(h->big); // <- S1
	((void (*)(u32, struct big))0)(1, h->big); // <- S1
	(*(void (*)(struct big))(void *)0)(h->big); // <- S1
	(h ? NULL : (void (*)(struct big))NULL)(h->big); // <- S1
}
static void result(struct holder *h)
{
	h->big = ((struct big (*)(void))0)(); // <- S1
}
static void many(void)
{
	((void (*)(u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64))0)(1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4); // <- S1
}
