// SPDX-License-Identifier: MPL-2.0
/*
 * Signal frames: the interface between kernel/signal/ and the architecture's part,
 * arch/A/abi/sigframe.c. Included by <abi/sigframe.h>. All functions work on the calling thread.
 */
#ifndef KERNEL_SIGFRAME_H
#define KERNEL_SIGFRAME_H

#include <kernel/thread.h>

/* The address of a frame below @sp, aligned as the architecture's ABI says. */
u64 abi_sigframe_place(u64 sp);
/*
 * Writes a frame at @frame (from abi_sigframe_place) for handler @act of the signal @info, and
 * changes the thread's registers so that the handler starts on the return to user mode. @mask: the
 * mask that rt_sigreturn restores. Returns 0, or -EFAULT if the stack cannot be written or the
 * handler has no return address; the registers are unchanged then.
 */
int must_check abi_sigframe_push(struct thread *t, u64 frame, const struct sigaction_k *act,
	const struct siginfo *info, u64 mask);
/*
 * Restores the registers from the frame at the stack pointer; *@mask and *@stack are its mask and
 * alternate stack. Every value is checked, since the program may have changed the frame. 0 or
 * -EFAULT.
 */
int must_check abi_sigframe_pop(struct thread *t, u64 *mask, struct stack64 *stack);
/*
 * On the return to user mode the interrupted call is made again as call number @nr,
 * restart_syscall.
 */
void abi_restart_with(struct user_ctx *u, u64 nr);

/* Converts to the layout of struct siginfo in user space: kernel/signal/pending.c. */
void siginfo_to_user(const struct siginfo *i, struct siginfo64 *out);

#endif
