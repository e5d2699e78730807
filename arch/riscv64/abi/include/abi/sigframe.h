// SPDX-License-Identifier: MPL-2.0
/*
 * Signal frames: what a handler finds on the user stack and what rt_sigreturn takes back. The
 * neutral side is kernel/signal/.
 */
#ifndef ABI_SIGFRAME_H
#define ABI_SIGFRAME_H

#include <kernel/thread.h>

/* struct sigaction as user mode passes it; riscv64 has no restorer: the vDSO holds it. */
struct abi_sigaction {
	u64 handler;
	u64 flags;
	u64 mask;
};
static inline struct sigaction_k abi_sigaction_in(const struct abi_sigaction *a)
{
	return (struct sigaction_k){ .handler = a->handler, .flags = a->flags, .mask = a->mask };
}
static inline struct abi_sigaction abi_sigaction_out(const struct sigaction_k *k)
{
	return (struct abi_sigaction){ .handler = k->handler, .flags = k->flags, .mask = k->mask };
}

/* __vdso_rt_sigreturn stands at this offset of the vDSO image (its linker script sees to it). */
#define ABI_VDSO_SIGRETURN 0x800ul

/* Bytes below its stack pointer that user code may use. */
#define ABI_RED_ZONE 0ul

#include <kernel/sigframe.h> /* what both sides call */

#endif
