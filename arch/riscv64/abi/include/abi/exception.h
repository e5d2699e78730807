// SPDX-License-Identifier: MPL-2.0
/* What user code did that is neither a system call nor a page fault, as a signal. */
#ifndef ABI_EXCEPTION_H
#define ABI_EXCEPTION_H

#include <kernel/signal.h>

/* Number, code and address of the signal for @ev (USER_EXCEPTION) of the context @u. */
struct siginfo abi_exception_signal(const struct user_event *ev, const struct user_ctx *u);

#endif
