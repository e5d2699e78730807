// SPDX-License-Identifier: MPL-2.0
/* ELF facts of riscv64; see the RISC-V ELF psABI. */
#ifndef ABI_ELF_H
#define ABI_ELF_H

#include <frame/types.h>

#define ABI_ELF_MACHINE 243 /* EM_RISCV */

/* AT_HWCAP: one bit per single-letter extension (bit 0: A ... bit 25: Z) that all CPUs have. */
u64 abi_hwcap(void);
#define ABI_MINSIGSTKSZ 2048ul

#endif
