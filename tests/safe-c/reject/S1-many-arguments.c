// reject: S1
// SPDX-License-Identifier: MPL-2.0
/* Room for arguments is taken when a function is entered and counted by nobody. */
#include <frame/log.h>
#include <thing.h>

static u64 sink(u64 a0, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5, u64 a6, u64 a7, u64 a8, u64 a9, u64 a10, u64 a11, u64 a12) // <- S1
{
	return a0 + a12;
}
struct TABLE calls {
	u64 (*sink)(u64 a0, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5, u64 a6, u64 a7, u64 a8, u64 a9, u64 a10, u64 a11, u64 a12); // <- S1
};
static const struct calls calls = { sink };
static void use(u64 v)
{
	log_info("%lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu ", v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v); // <- S1 L3
}
