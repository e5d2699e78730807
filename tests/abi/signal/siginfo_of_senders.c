// SPDX-License-Identifier: MPL-2.0
// What si_code, si_pid, si_uid and si_value say for kill, tgkill, sigqueue, raise, SIGCHLD, timers,
// and raw rt_sigqueueinfo.
#include "../lib/t.h"

static siginfo_t last;
static volatile int n;

static void on_sig(int sig, siginfo_t *si, void *uc)
{
	last = *si;
	n++;
}

static void show(const char *what, pid_t pid)
{
	printf("%s: %s %s errno %d pid %s uid %d\n", what, t_signame(last.si_signo),
		t_codename(last.si_signo, last.si_code), last.si_errno,
		last.si_pid == pid ? "right" : "wrong", last.si_uid);
}

int main(void)
{
	siginfo_t si;
	pid_t me;
	int p[2];

	t_start();
	me = getpid();
	t_pipe(p);
	t_handle(SIGUSR1, on_sig, 0);
	t_handle(SIGUSR2, on_sig, 0);
	t_handle(SIGALRM, on_sig, 0);
	t_handle(SIGCHLD, on_sig, 0);
	kill(me, SIGUSR1);
	show("kill", me);
	syscall(SYS_tgkill, me, me, SIGUSR1);
	show("tgkill", me);
	syscall(SYS_tkill, me, SIGUSR1);
	show("tkill", me);
	sigqueue(me, SIGUSR1, (union sigval){ .sival_int = 1234 });
	show("sigqueue", me);
	SHOW(last.si_value.sival_int);
	memset(&si, 0, sizeof(si));
	si.si_code = -77;
	si.si_pid = 1;
	si.si_value.sival_int = 5;
	T(syscall(SYS_rt_sigqueueinfo, me, SIGUSR2, &si));
	show("rt_sigqueueinfo", 1);
	si.si_code = SI_USER;
	T(syscall(SYS_rt_sigqueueinfo, me, SIGUSR2, &si));
	T(syscall(SYS_rt_sigqueueinfo, getppid(), 0, &si));
	si.si_code = SI_TKILL;
	T(syscall(SYS_rt_sigqueueinfo, 1, 0, &si));
	T(syscall(SYS_rt_tgsigqueueinfo, me, me, SIGUSR2, &si));
	T(syscall(SYS_rt_sigqueueinfo, me, SIGUSR2, NULL));
	ualarm(1000, 0);
	UNTIL(last.si_signo == SIGALRM);
	printf("alarm: code %s\n", t_codename(SIGALRM, last.si_code));
	alarm(T_LIMIT_SECONDS);
	n = 0;
	pid_t c = t_fork();
	if (c == 0) {
		setuid(1000);
		_exit(42);
	}
	UNTIL(n == 1);
	show("child exited", c);
	SHOW(last.si_status);
	t_wait(c);
	n = 0;
	c = t_fork();
	if (c == 0)
		for (;;)
			pause();
	kill(c, SIGSTOP);
	UNTIL(n == 1);
	show("child stopped", c);
	SHOW(last.si_status);
	kill(c, SIGCONT);
	UNTIL(n == 2);
	show("child continued", c);
	SHOW(last.si_status);
	kill(c, SIGKILL);
	UNTIL(n == 3);
	show("child killed", c);
	SHOW(last.si_status);
	t_wait(c);
	c = t_fork();
	if (c == 0) {
		setuid(1000);
		t_get(p[0]);
		_exit(kill(getppid(), SIGUSR1) < 0 ? errno == EPERM : 0);
	}
	t_put(p[1]);
	t_reap("a user may not", c);
	return 0;
}
