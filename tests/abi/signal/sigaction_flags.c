// SPDX-License-Identifier: MPL-2.0
// sigaction gives back what was set; SA_RESETHAND, SA_NODEFER and masks during a handler; errors.
#include "../lib/t.h"

static volatile int depth, deepest, count;

static void nested(int sig, siginfo_t *si, void *uc)
{
	depth++;
	if (depth > deepest)
		deepest = depth;
	if (++count < 3)
		raise(sig);
	depth--;
}

static void masked(int sig, siginfo_t *si, void *uc)
{
	sigset_t set;

	sigprocmask(SIG_BLOCK, NULL, &set);
	printf("in the handler: USR1 %d USR2 %d TERM %d\n", sigismember(&set, SIGUSR1),
		sigismember(&set, SIGUSR2), sigismember(&set, SIGTERM));
}

struct ksa {
	void *handler;
	unsigned long flags;
	uint64_t mask;
};

int main(void)
{
	struct ksa k = { (void *)SIG_IGN, SA_RESTART, ~0ull }, old;
	struct sigaction sa;

	t_start();
	T(syscall(SYS_rt_sigaction, SIGUSR1, &k, NULL, 8));
	T(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &old, 8));
	IS(old.handler == (void *)SIG_IGN);
	SHOWX(old.flags);
	SHOWX(old.mask);
	k.flags = 0xffffffff;
	T(syscall(SYS_rt_sigaction, SIGUSR1, &k, NULL, 8));
	T(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &old, 8));
	IS((old.flags & 0x400) == 0);
	IS((old.flags & SA_RESTART) != 0);
	T(syscall(SYS_rt_sigaction, SIGUSR1, &k, NULL, 4));
	T(syscall(SYS_rt_sigaction, 0, NULL, &old, 8));
	T(syscall(SYS_rt_sigaction, 65, NULL, &old, 8));
	T(syscall(SYS_rt_sigaction, 64, NULL, &old, 8));
	T(syscall(SYS_rt_sigaction, SIGKILL, &k, NULL, 8));
	T(syscall(SYS_rt_sigaction, SIGSTOP, &k, NULL, 8));
	T(syscall(SYS_rt_sigaction, SIGKILL, NULL, &old, 8));
	T(syscall(SYS_rt_sigaction, SIGUSR1, (void *)8, NULL, 8));
	T(syscall(SYS_rt_sigaction, SIGUSR1, NULL, (void *)8, 8));
	t_handle(SIGUSR1, nested, 0);
	raise(SIGUSR1);
	printf("plain: deepest %d count %d\n", deepest, count);
	deepest = count = 0;
	t_handle(SIGUSR1, nested, SA_NODEFER);
	raise(SIGUSR1);
	printf("SA_NODEFER: deepest %d count %d\n", deepest, count);
	count = 9;
	t_handle(SIGUSR1, nested, SA_RESETHAND);
	raise(SIGUSR1);
	sigaction(SIGUSR1, NULL, &sa);
	IS(sa.sa_handler == SIG_DFL);
	IN_CHILD("second", raise(SIGUSR1));
	sigemptyset(&sa.sa_mask);
	sigaddset(&sa.sa_mask, SIGUSR2);
	sa.sa_sigaction = masked;
	sa.sa_flags = SA_SIGINFO;
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	sa.sa_flags = SA_SIGINFO | SA_NODEFER;
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	t_block(SIG_BLOCK, SIGTERM);
	raise(SIGUSR1);
	sigset_t set;
	sigprocmask(SIG_BLOCK, NULL, &set);
	IS(sigismember(&set, SIGTERM) && !sigismember(&set, SIGUSR1) &&
		!sigismember(&set, SIGUSR2));
	return 0;
}
