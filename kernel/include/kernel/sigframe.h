// SPDX-License-Identifier: MPL-2.0
/*
 * Signal frames: the functions of the ABI service (arch/A/abi/sigframe.c) that kernel/signal/
 * calls, and the reverse. Included by <abi/sigframe.h>.
 */
#ifndef KERNEL_SIGFRAME_H
#define KERNEL_SIGFRAME_H

#include <kernel/thread.h>

/* The address of a frame that is pushed on the stack at @sp. */
u64 abi_sigframe_place(u64 sp);
/*
 * Writes a frame at @frame (from abi_sigframe_place) for the handler @act of the signal @info, and
 * sets the thread's registers so that it starts the handler when it returns to user mode. @mask:
 * the signal mask that rt_sigreturn restores. Returns 0; -EFAULT if the stack cannot be written or
 * the handler has no return address. Context: the calling thread @t.
 */
int must_check abi_sigframe_push(struct thread *t, u64 frame, const struct sigaction_k *act,
	const struct siginfo *info, u64 mask);
/*
 * rt_sigreturn: restores the registers from the frame at the stack pointer, and returns its *@mask
 * and *@stack. Returns 0, -EFAULT.
 */
int must_check abi_sigframe_pop(struct thread *t, u64 *mask, struct stack64 *stack);
/*
 * Makes the interrupted call restart as restart_syscall, number @nr, when the thread returns to
 * user mode.
 */
void abi_restart_with(struct user_ctx *u, u64 nr);

/* Converts to struct siginfo of the ABI (kernel/signal/pending.c). */
void siginfo_to_user(const struct siginfo *i, struct siginfo64 *out);

#endif
