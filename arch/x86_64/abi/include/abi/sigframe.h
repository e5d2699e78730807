// SPDX-License-Identifier: MPL-2.0
/*
 * Signal frames: what a handler finds on the user stack and what rt_sigreturn takes back. The
 * neutral side is kernel/signal/.
 */
#ifndef ABI_SIGFRAME_H
#define ABI_SIGFRAME_H

#include <kernel/thread.h>

/* struct sigaction as user mode passes it. */
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

/* Bytes below its stack pointer that user code may use. */
#define ABI_RED_ZONE 128ul

#include <kernel/sigframe.h> /* what both sides call */

#endif
