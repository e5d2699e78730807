// reject: P6
// SPDX-License-Identifier: MPL-2.0
/* Five more places in which a union can be defined. */
#include <thing.h>

struct holder {
	u8 size[sizeof(union pun_a { u64 n; u32 *p; })]; // <- P6
};
static u32 in_case(u32 n)
{
	switch (n) {
	case sizeof(union pun_b { u64 n; u32 *p; }): // <- P6 W1
		return 1;
	default:
		return sizeof(typeof(union pun_c { u64 n; u32 *p; })); // <- P6 W1
	}
}
static u64 in_array(void)
{
	static const u8 zero[4] = { [sizeof(union pun_d { u8 n; struct thing *p; }) / 8] = 1 }; // <- P6 W1

	return zero[1] + (u64)((union pun_e { u64 n; u32 *p; }){ .n = 1 }).n; // <- P6 W1
}
static_assert(sizeof(union pun_f { u64 n; u32 *p; }) == 8, "size"); // <- P6
struct bits {
	u32 f : sizeof(union pun_g { u8 n[8]; u32 *p; }); // <- P6
};
