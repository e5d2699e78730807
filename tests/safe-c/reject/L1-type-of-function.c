// reject: L1
// SPDX-License-Identifier: MPL-2.0
/* What a function promises is part of its type for GCC, and of that which typeof gives. */
#include <frame/task.h>
#include <thing.h>

struct TABLE looks {
	u32 (*look)(u32 x);
};
static u32 look(u32 x)
{
	return x;
}
static typeof(look) other; // <- L1
static typeof(&task_yield) yield = NULL; // <- L1
static typeof(typeof(u32 (*)(u32))) third = look; // <- L1
static u32 use(const struct looks *l, typeof(l->look) fn) // <- L1
{
	typeof(1 ? &look : NULL) both[2] = { look, fn }; // <- L1
	typeof(look(1)) fine = sizeof(look(1));

	return both[1](fine) + (third == other) + (yield == NULL) + l->look(2);
}
static u32 other(u32 x)
{
	return x + 1;
}
