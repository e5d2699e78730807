// reject: T2
// SPDX-License-Identifier: MPL-2.0
/* Five more frame macros of which a service's macro could keep a part. */
#include <thing.h>

#define SECOND_(a, b, ...) b
#define SECOND(...) SECOND_(__VA_ARGS__, 0, 0)
#define SAME(x) x
#define NAMED(...) __VA_ARGS__
static struct thing *held;
static void pick(struct thing *t, u64 n)
{
	(void)SAME(array_at(t->tab, n)); // <- T2 L1 P3 P8
	(void)SAME(obj_get(t)); // <- T2 L1 P8
	(void)NAMED(SPAN_NONE); // <- T2 P8
	(void)SAME(likely(n)); // <- T2
	(void)likely(SAME(min(n, 4ul))); // <- T2 L1 P8
	held = t;
}
