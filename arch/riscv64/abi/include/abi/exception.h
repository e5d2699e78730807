// SPDX-License-Identifier: MPL-2.0
/* Exceptions of user code other than system calls and page faults, as signals. */
#ifndef ABI_EXCEPTION_H
#define ABI_EXCEPTION_H

#include <kernel/signal.h>

/* The signal for the exception @ev (USER_EXCEPTION) of the context @u: number, code and address. */
struct siginfo abi_exception_signal(const struct user_event *ev, const struct user_ctx *u);

#endif
