// SPDX-License-Identifier: MPL-2.0
/* Signal numbers, flags and codes of the Linux ABI; see signal(7), sigaction(2). */
#ifndef UAPI_SIGNAL_H
#define UAPI_SIGNAL_H

#include <frame/types.h>

enum {
	SIGHUP = 1,
	SIGINT = 2,
	SIGQUIT = 3,
	SIGILL = 4,
	SIGTRAP = 5,
	SIGABRT = 6,
	SIGBUS = 7,
	SIGFPE = 8,
	SIGKILL = 9,
	SIGUSR1 = 10,
	SIGSEGV = 11,
	SIGUSR2 = 12,
	SIGPIPE = 13,
	SIGALRM = 14,
	SIGTERM = 15,
	SIGSTKFLT = 16,
	SIGCHLD = 17,
	SIGCONT = 18,
	SIGSTOP = 19,
	SIGTSTP = 20,
	SIGTTIN = 21,
	SIGTTOU = 22,
	SIGURG = 23,
	SIGXCPU = 24,
	SIGXFSZ = 25,
	SIGVTALRM = 26,
	SIGPROF = 27,
	SIGWINCH = 28,
	SIGIO = 29,
	SIGPWR = 30,
	SIGSYS = 31,
	SIGRTMIN = 32,
	SIGRTMAX = 64,
};
#define NSIG 64

enum { SIG_DFL = 0, SIG_IGN = 1 };
enum { SIG_BLOCK = 0, SIG_UNBLOCK = 1, SIG_SETMASK = 2 };

#define SA_NOCLDSTOP 0x00000001ul
#define SA_NOCLDWAIT 0x00000002ul
#define SA_SIGINFO   0x00000004ul
#define SA_RESTORER  0x04000000ul
#define SA_ONSTACK   0x08000000ul
#define SA_RESTART   0x10000000ul
#define SA_NODEFER   0x40000000ul
#define SA_RESETHAND 0x80000000ul

#define SS_ONSTACK    1u
#define SS_DISABLE    2u
#define SS_AUTODISARM 0x80000000u
#define MINSIGSTKSZ   2048ul

enum {
	SI_USER = 0,
	SI_KERNEL = 0x80,
	SI_QUEUE = -1,
	SI_TIMER = -2,
	SI_MESGQ = -3,
	SI_ASYNCIO = -4,
	SI_SIGIO = -5,
	SI_TKILL = -6
};
enum { POLL_IN = 1, POLL_OUT = 2, POLL_MSG = 3, POLL_ERR = 4, POLL_PRI = 5, POLL_HUP = 6 };
enum { ILL_ILLOPC = 1, ILL_ILLOPN = 2, ILL_ILLTRP = 4 };
enum { FPE_INTDIV = 1, FPE_FLTDIV = 3 };
enum { SEGV_MAPERR = 1, SEGV_ACCERR = 2 };
enum { BUS_ADRALN = 1, BUS_ADRERR = 2, BUS_OBJERR = 3 };
enum { TRAP_BRKPT = 1, TRAP_TRACE = 2 };
/* struct siginfo of LP64: the meaning of @f depends on the code; see sigaction(2). */
struct siginfo64 {
	s32 signo, err, code, pad;
	u64 f[14];
};
static_assert(sizeof(struct siginfo64) == 128, "the ABI says so");

/* stack_t */
struct stack64 {
	u64 sp;
	s32 flags;
	u32 pad;
	u64 size;
};

enum {
	CLD_EXITED = 1,
	CLD_KILLED = 2,
	CLD_DUMPED = 3,
	CLD_TRAPPED = 4,
	CLD_STOPPED = 5,
	CLD_CONTINUED = 6
};

#endif
