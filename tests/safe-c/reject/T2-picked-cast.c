// reject: T2
// SPDX-License-Identifier: MPL-2.0
/* A macro takes DRIVER() apart at its commas and keeps the parentheses, which then are a cast. */
#include <frame/device.h>
#include <frame/types.h>

#define PICK_(a, b, c, d) b
#define PICK(...) PICK_(__VA_ARGS__)
static void forge(u64 a)
{
	*PICK(DRIVER(x80, u32 *, 0)) a = 42; // <- T2 P2
}
