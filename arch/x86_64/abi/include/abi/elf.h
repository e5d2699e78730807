// SPDX-License-Identifier: MPL-2.0
/* The ELF parameters of x86_64; see the System V ABI, AMD64 supplement. */
#ifndef ABI_ELF_H
#define ABI_ELF_H

#include <frame/cpu.h>
#include <frame/types.h>

/* Whether a program of this machine and class can run. */
static inline bool abi_elf_is_ours(u32 machine, u32 class)
{
	(void)class;
	return machine == 62; /* EM_X86_64; the class is not checked, as on Linux */
}

/* AT_HWCAP: register edx of CPUID leaf 1. */
u64 abi_hwcap(void);
/* AT_HWCAP2: bit 1 would mean that user code may use wrfsbase and similar instructions. */
static inline u64 abi_hwcap2(void)
{
	return 0;
}
/* AT_PLATFORM; empty: none. */
#define ABI_PLATFORM "x86_64"
/* The smallest alternate signal stack in bytes, and the size that AT_MINSIGSTKSZ recommends. */
#define ABI_MINSIGSTKSZ 2048ul
u64 abi_minsigstksz(void);

#endif
