// SPDX-License-Identifier: MPL-2.0
/*
 * Signal frames: what the architecture's side (arch/A/abi/sigframe.c) does for kernel/signal/, and
 * the reverse. Included by <abi/sigframe.h>.
 */
#ifndef KERNEL_SIGFRAME_H
#define KERNEL_SIGFRAME_H

#include <kernel/thread.h>

/* Where a frame below @sp starts. */
u64 abi_sigframe_place(u64 sp);
/*
 * Writes a frame at @frame (from abi_sigframe_place) for handler @act of the signal @info, and
 * makes the thread start the handler when it goes back to user mode. @mask: what rt_sigreturn
 * restores. -EFAULT when the stack cannot be written, or the handler has no way back.
 */
int must_check abi_sigframe_push(struct thread *t, u64 frame, const struct sigaction_k *act,
	const struct siginfo *info, u64 mask);
/* Takes the frame at the stack pointer back: registers, and *@mask, *@stack from it. -EFAULT. */
int must_check abi_sigframe_pop(struct thread *t, u64 *mask, struct stack64 *stack);
/* The interrupted call becomes restart_syscall when the thread goes back to user mode. */
void abi_restart_with(struct user_ctx *u, u64 nr);

/* The layout of struct siginfo: kernel/signal/pending.c. */
void siginfo_to_user(const struct siginfo *i, struct siginfo64 *out);

#endif
