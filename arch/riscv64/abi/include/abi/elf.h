// SPDX-License-Identifier: MPL-2.0
/* The ELF parameters of riscv64; see the RISC-V ELF psABI. */
#ifndef ABI_ELF_H
#define ABI_ELF_H

#include <frame/types.h>

/* Whether a program of this machine and class can run. */
static inline bool abi_elf_is_ours(u32 machine, u32 class)
{
	return machine == 243 && class == 2; /* EM_RISCV, ELFCLASS64 */
}

/*
 * AT_HWCAP: one bit for each single-letter extension (bit 0: A ... bit 25: Z) that all CPUs have.
 */
u64 abi_hwcap(void);
static inline u64 abi_hwcap2(void)
{
	return 0;
}
/* AT_PLATFORM; empty: none. */
#define ABI_PLATFORM ""
/* The smallest alternate signal stack in bytes, and the size that AT_MINSIGSTKSZ recommends. */
#define ABI_MINSIGSTKSZ 2048ul
static inline u64 abi_minsigstksz(void)
{
	return ABI_MINSIGSTKSZ;
}

#endif
