// SPDX-License-Identifier: MPL-2.0
/*
 * Signal frames: the data on the user stack that a handler gets and that rt_sigreturn restores. The
 * neutral part is kernel/signal/.
 */
#ifndef ABI_SIGFRAME_H
#define ABI_SIGFRAME_H

#include <kernel/thread.h>

/* struct sigaction in user memory. */
struct abi_sigaction {
	u64 handler;
	u64 flags;
	u64 restorer;
	u64 mask;
};
static inline struct sigaction_k abi_sigaction_in(const struct abi_sigaction *a)
{
	return (struct sigaction_k){
		.handler = a->handler, .flags = a->flags, .restorer = a->restorer, .mask = a->mask
	};
}
static inline struct abi_sigaction abi_sigaction_out(const struct sigaction_k *k)
{
	return (struct abi_sigaction){
		.handler = k->handler, .flags = k->flags, .restorer = k->restorer, .mask = k->mask
	};
}

/* Bytes below the stack pointer that user code may use. */
#define ABI_RED_ZONE 128ul

#include <kernel/sigframe.h> /* the functions that both parts call */

#endif
