// SPDX-License-Identifier: MPL-2.0
// sigprocmask and sigpending: how, sizes, KILL and STOP cannot be blocked, coalescing.
#include "../lib/t.h"

static volatile int count;

static void on_sig(int sig, siginfo_t *si, void *uc)
{
	count++;
}

static long rtmask(int how, void *set, void *old, size_t size)
{
	return syscall(SYS_rt_sigprocmask, how, set, old, size);
}

int main(void)
{
	uint64_t all = ~0ull, old = 0, none = 0;

	t_start();
	T(rtmask(SIG_SETMASK, &all, &old, 8));
	SHOWX(old);
	T(rtmask(SIG_BLOCK, NULL, &old, 8));
	SHOWX(old);
	T(rtmask(SIG_SETMASK, &none, NULL, 8));
	T(rtmask(SIG_BLOCK, &all, NULL, 4));
	T(rtmask(SIG_BLOCK, &all, NULL, 16));
	T(rtmask(7, &all, NULL, 8));
	T(rtmask(7, NULL, &old, 8));
	T(rtmask(SIG_BLOCK, (void *)8, NULL, 8));
	T(rtmask(SIG_BLOCK, NULL, (void *)8, 8));
	t_handle(SIGUSR1, on_sig, 0);
	t_block(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	raise(SIGUSR1);
	raise(SIGUSR1);
	T(syscall(SYS_rt_sigpending, &old, 8));
	SHOWX(old);
	T(syscall(SYS_rt_sigpending, &old, 16));
	T(syscall(SYS_rt_sigpending, (void *)8, 8));
	SHOW(count);
	t_block(SIG_UNBLOCK, SIGUSR1);
	SHOW(count);
	T(syscall(SYS_rt_sigpending, &old, 8));
	SHOWX(old);
	t_block(SIG_BLOCK, SIGUSR2);
	raise(SIGUSR2);
	signal(SIGUSR2, SIG_IGN);
	T(syscall(SYS_rt_sigpending, &old, 8));
	SHOWX(old);
	raise(SIGUSR2);
	T(syscall(SYS_rt_sigpending, &old, 8));
	SHOWX(old);
	raise(SIGCHLD);
	t_block(SIG_BLOCK, SIGCHLD);
	raise(SIGCHLD);
	T(syscall(SYS_rt_sigpending, &old, 8));
	SHOWX(old);
	return 0;
}
