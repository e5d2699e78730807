// SPDX-License-Identifier: MPL-2.0
/* Core files of x86_64: the registers in their notes. */
#ifndef ABI_CORE_H
#define ABI_CORE_H

#include <frame/user.h>

#define ABI_CORE_MACHINE 62 /* EM_X86_64 */

/* struct user_regs_struct */
struct abi_core_gregs {
	u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax, rip,
		cs, rflags, rsp, ss, fs_base, gs_base, ds, es, fs, gs;
};

#include <kernel/coreregs.h> /* the functions that both parts call */

#endif
