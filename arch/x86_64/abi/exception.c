// SPDX-License-Identifier: MPL-2.0
/*
 * The signals of exceptions. The pc of a trap (int3, a single step) is behind the instruction, the
 * pc of a fault is on it.
 */
#include <abi/exception.h>

struct siginfo abi_exception_signal(const struct user_event *ev, const struct user_ctx *u)
{
	switch (ev->exception) {
	case USER_EXC_BREAKPOINT:
		return (struct siginfo){ .signo = SIGTRAP, .code = SI_KERNEL };
	case USER_EXC_SINGLE_STEP:
		return (struct siginfo){ .signo = SIGTRAP, .code = TRAP_TRACE, .addr = user_pc(u) };
	case USER_EXC_DIVIDE:
		return (struct siginfo){ .signo = SIGFPE, .code = FPE_INTDIV, .addr = user_pc(u) };
	case USER_EXC_FP:
		return (struct siginfo){
			.signo = SIGFPE, .code = (s32)ev->code, .addr = user_pc(u)
		};
	/* Only for programs that request it by the flag AC; the address is not known. */
	case USER_EXC_MISALIGNED:
		return (struct siginfo){ .signo = SIGBUS, .code = BUS_ADRALN };
	/* A stack address that is not canonical, or a segment that is not present */
	case USER_EXC_BUS:
		return (struct siginfo){ .signo = SIGBUS, .code = SI_KERNEL };
	case USER_EXC_PROTECTION:
		return (struct siginfo){ .signo = SIGSEGV, .code = SI_KERNEL };
	default:
		return (struct siginfo){ .signo = SIGILL, .code = ILL_ILLOPN, .addr = user_pc(u) };
	}
}
