// SPDX-License-Identifier: MPL-2.0
/*
 * Bit counting functions that GCC calls in its run-time library where the instruction set has no
 * such instruction. GCC defines their names.
 */
#include <frame/types.h>

int __ctzdi2(u64 x);
int __clzdi2(u64 x);
int __popcountdi2(u64 x);

/*
 * The lowest set bit times a de Bruijn sequence gives a number in the top six bits that identifies
 * the bit.
 */
int __ctzdi2(u64 x)
{
	/* clang-format off */
	static const u8 table[64] = {
		0, 1, 2, 53, 3, 7, 54, 27, 4, 38, 41, 8, 34, 55, 48, 28,
		62, 5, 39, 46, 44, 42, 22, 9, 24, 35, 59, 56, 49, 18, 29, 11,
		63, 52, 6, 26, 37, 40, 33, 47, 61, 45, 43, 21, 23, 58, 17, 10,
		51, 25, 36, 32, 60, 20, 57, 16, 50, 31, 19, 15, 30, 14, 13, 12,
	};
	/* clang-format on */

	return table[((x & -x) * 0x022fdd63cc95386dul) >> 58];
}

int __clzdi2(u64 x)
{
	int n = 0;

	if (!(x >> 32))
		n += 32, x <<= 32;
	if (!(x >> 48))
		n += 16, x <<= 16;
	if (!(x >> 56))
		n += 8, x <<= 8;
	if (!(x >> 60))
		n += 4, x <<= 4;
	if (!(x >> 62))
		n += 2, x <<= 2;
	return n + !(x >> 63);
}

int __popcountdi2(u64 x)
{
	x -= (x >> 1) & 0x5555555555555555ul;
	x = (x & 0x3333333333333333ul) + ((x >> 2) & 0x3333333333333333ul);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0ful;
	return (int)((x * 0x0101010101010101ul) >> 56);
}
