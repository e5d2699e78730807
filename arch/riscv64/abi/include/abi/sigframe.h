// SPDX-License-Identifier: MPL-2.0
/*
 * Signal frames: what a handler finds on the user stack and what rt_sigreturn takes back. The neutral side is kernel/signal/.
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

/* Where a frame below @sp starts. */
u64 abi_sigframe_place(u64 sp);
/*
 * Writes a frame at @frame (from abi_sigframe_place) for handler @act of the signal @info, and makes the thread start the handler when it goes back to user mode. @mask: what
 * rt_sigreturn restores. -EFAULT when the stack cannot be written, or the handler has no way back.
 */
int must_check abi_sigframe_push(struct thread *t, u64 frame, const struct sigaction_k *act, const struct siginfo *info, u64 mask);
/* Takes the frame at the stack pointer back: registers, and *@mask, *@stack from it. -EFAULT. */
int must_check abi_sigframe_pop(struct thread *t, u64 *mask, struct stack64 *stack);
/* The interrupted call becomes restart_syscall when the thread goes back to user mode. */
void abi_restart_with(struct user_ctx *u, u64 nr);

/* The layout of struct siginfo: kernel/signal/pending.c. */
void siginfo_to_user(const struct siginfo *i, struct siginfo64 *out);

#endif
