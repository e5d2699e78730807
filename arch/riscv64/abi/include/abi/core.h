// SPDX-License-Identifier: MPL-2.0
/* Core files of riscv64: the registers in their notes. */
#ifndef ABI_CORE_H
#define ABI_CORE_H

#include <frame/user.h>

#define ABI_CORE_MACHINE 243 /* EM_RISCV */

/* struct user_regs_struct */
struct abi_core_gregs {
	struct user_regs regs;
};

#include <kernel/coreregs.h> /* the functions that both parts call */

#endif
