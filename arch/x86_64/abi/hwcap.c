// SPDX-License-Identifier: MPL-2.0
/* The CPU's part of the auxiliary vector. */
#include <abi/elf.h>
#include <frame/user.h>

u64 abi_hwcap(void)
{
	return cpu_leaf(1, 0).edx;
}

/*
 * Linux recommends one size for all programs, by the largest possible frame. That is the frame of a
 * 32-bit program (732 bytes), the 64-bit and the 32-bit part of the extended state, the marker
 * behind it, and padding for alignment.
 */
u64 abi_minsigstksz(void)
{
	u64 state = user_xfeatures() & 4 ? USER_FPREGS_SIZE + 4
		: user_xfeatures()       ? USER_FPREGS_LEGACY + 64 + 4
					 : USER_FPREGS_LEGACY;

	return round_up(732 + 15 + state + 112 + 63, 16ul);
}
