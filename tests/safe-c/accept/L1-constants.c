// accept: L1
// SPDX-License-Identifier: MPL-2.0
/* Shifts by less than the bits of the type, and numbers that a long holds or that say that they are unsigned. */
#include <thing.h>

enum { TOP = 1u << 31 ? 3 : 0, BIT = 1 << 30 };
static const u64 far = bit(63) | 9223372036854775807 | 9223372036854775808u | 0x8000000000000000;
static const s64 lowest = -9223372036854775807 - 1;
static inline u64 use(struct thing *t, u32 n)
{
	t->count <<= 31;
	return (1ul << n) + (n >> 31) + (far >> 63) + (u64)(lowest >> 63) + (u64)((u8)1 << 31) + TOP + BIT;
}
