// SPDX-License-Identifier: MPL-2.0
// sigsuspend swaps the mask; sigtimedwait takes signals, times out, and checks its arguments.
#include "../lib/t.h"

static volatile int n;

static void on_sig(int sig, siginfo_t *si, void *uc)
{
	sigset_t set;

	sigprocmask(SIG_BLOCK, NULL, &set);
	printf("handler: USR1 blocked %d USR2 blocked %d\n", sigismember(&set, SIGUSR1),
		sigismember(&set, SIGUSR2));
	n++;
}

int main(void)
{
	sigset_t set, one;
	siginfo_t si;
	struct timespec zero = { 0, 0 }, shorttime = { 0, 1000000 }, bad = { 0, 1000000000 },
			neg = { -1, 0 };

	t_start();
	t_handle(SIGUSR1, on_sig, 0);
	t_block(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	SHOW(n);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	T(sigsuspend(&set));
	SHOW(n);
	sigprocmask(SIG_BLOCK, NULL, &one);
	IS(sigismember(&one, SIGUSR1) && !sigismember(&one, SIGUSR2));
	T(syscall(SYS_rt_sigsuspend, &set, 4));
	T(syscall(SYS_rt_sigsuspend, (void *)8, 8));
	sigemptyset(&one);
	sigaddset(&one, SIGUSR1);
	T(sigtimedwait(&one, &si, &zero));
	T(sigtimedwait(&one, &si, &shorttime));
	T(sigtimedwait(&one, &si, &bad));
	T(sigtimedwait(&one, &si, &neg));
	T(syscall(SYS_rt_sigtimedwait, &one, &si, &zero, 4));
	T(syscall(SYS_rt_sigtimedwait, (void *)8, &si, &zero, 8));
	raise(SIGUSR1);
	T(sigtimedwait(&one, &si, &zero));
	IS(si.si_pid == getpid());
	SHOWS(t_codename(SIGUSR1, si.si_code));
	raise(SIGUSR1);
	T(sigtimedwait(&one, NULL, NULL));
	raise(SIGUSR1);
	T(syscall(SYS_rt_sigtimedwait, &one, (void *)8, &zero, 8));
	T(sigtimedwait(&one, &si, &zero));
	pid_t parent = getpid();
	pid_t pid = t_fork();
	if (pid == 0) {
		t_wait_state(parent, 'S');
		kill(parent, SIGUSR1);
		_exit(0);
	}
	T(sigwaitinfo(&one, &si));
	IS(si.si_pid == pid);
	t_wait(pid);
	// An ignored signal that is blocked still waits to be taken.
	t_block(SIG_BLOCK, SIGUSR2);
	signal(SIGUSR2, SIG_IGN);
	raise(SIGUSR2);
	sigaddset(&one, SIGUSR2);
	T(sigtimedwait(&one, &si, &zero));
	int sig;
	raise(SIGUSR1);
	T(sigwait(&one, &sig));
	SHOW(sig);
	return 0;
}
