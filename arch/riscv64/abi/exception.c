// SPDX-License-Identifier: MPL-2.0
/* The signals of exceptions. See kernel/syscall/loop.c. */
#include <abi/exception.h>

struct siginfo abi_exception_signal(const struct user_event *ev, const struct user_ctx *u)
{
	switch (ev->exception) {
	case USER_EXC_BREAKPOINT:
		return (struct siginfo){ .signo = SIGTRAP, .code = TRAP_BRKPT, .addr = user_pc(u) };
	case USER_EXC_MISALIGNED:
		return (struct siginfo){ .signo = SIGBUS, .code = BUS_ADRALN, .addr = ev->addr };
	case USER_EXC_BUS:
		return (struct siginfo){ .signo = SIGBUS, .code = BUS_ADRERR, .addr = ev->addr };
	default:
		return (struct siginfo){ .signo = SIGILL, .code = ILL_ILLOPC, .addr = user_pc(u) };
	}
}
