// reject: P1
// SPDX-License-Identifier: MPL-2.0
/* The operator is the service's, whatever its right operand is. */
#include <thing.h>

static void calculate(struct thing *t, u32 (*a)[4], u64 n)
{
	u32 *const p = array_at(*a, 0);

	(void)(p + PAGE_SIZE); // <- P1
	(void)(p + ARRAY_LEN(*a)); // <- P1
	(void)(p - min(n, 4ul)); // <- P1
	(void)(n + array_at(*a, 1)); // <- P1
	(void)(p < array_at(*a, 1)); // <- P1
	(void)(array_at(*a, 3) - array_at(*a, 1)); // <- P1
	(void)(p + true); // <- P1
	(void)(obj_get(t) + 1); // <- P1
	(void)array_at(*a, 1)[n]; // <- P1
	(void)(&t->count)[round_up(n, 8)]; // <- P1
}
