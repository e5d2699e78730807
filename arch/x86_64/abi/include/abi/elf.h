// SPDX-License-Identifier: MPL-2.0
/* ELF facts of x86_64; see the System V ABI, AMD64 supplement. */
#ifndef ABI_ELF_H
#define ABI_ELF_H

#include <frame/cpu.h>
#include <frame/types.h>

/* Whether a program of this machine and class can run. */
static inline bool abi_elf_is_ours(u32 machine, u32 class)
{
	(void)class;
	return machine == 62; /* EM_X86_64; the class is not looked at, as on Linux */
}

/* AT_HWCAP: what CPUID says in leaf 1, edx. */
u64 abi_hwcap(void);
/* AT_HWCAP2: bit 1 would tell that user code may use wrfsbase and its kin. */
static inline u64 abi_hwcap2(void)
{
	return 0;
}
/* AT_PLATFORM; empty: there is none. */
#define ABI_PLATFORM "x86_64"
/* The least size of an alternate signal stack, and what AT_MINSIGSTKSZ recommends. */
#define ABI_MINSIGSTKSZ 2048ul
u64 abi_minsigstksz(void);

#endif
