// SPDX-License-Identifier: MPL-2.0
// The pid and id forms of wait: any, a group, not a child, none left, bad options and types.
#include "../lib/t.h"

int main(void)
{
	siginfo_t si;
	int st;

	t_start();
	T(wait(&st));
	T(waitpid(-1, &st, WNOHANG));
	T(waitpid(getpid(), &st, 0));
	T(waitpid(1, &st, 0));
	T(waitpid(INT_MIN, &st, 0));
	T(waitpid(-999999, &st, 0));
	T(waitpid(999999, &st, 0));
	T(waitpid(-1, &st, 0x100));
	T(waitpid(-1, &st, WNOWAIT));
	T(waitid(P_ALL, 0, &si, 0));
	T(waitid(P_ALL, 0, &si, WNOHANG));
	T(waitid(P_ALL, 0, &si, WEXITED | 0x100));
	T(waitid(9, 0, &si, WEXITED));
	T(waitid(P_PID, 0, &si, WEXITED));
	T(waitid(P_PID, -1, &si, WEXITED));
	T(waitid(P_ALL, 0, &si, WEXITED));
	pid_t a = t_fork();
	if (a == 0) {
		setpgid(0, 0);
		_exit(1);
	}
	setpgid(a, a);
	pid_t b = t_fork();
	if (b == 0)
		_exit(2);
	T(waitpid(-a, &st, 0) == a);
	t_status("group of a", st);
	T(waitpid(-a, &st, 0));
	T(waitpid(0, &st, 0) == b);
	t_status("own group", st);
	T(waitpid(0, &st, 0));
	b = t_fork();
	if (b == 0)
		_exit(3);
	T(syscall(SYS_waitid, P_PGID, 0, &si, WEXITED, NULL));
	SHOW(si.si_status);
	b = t_fork();
	if (b == 0)
		_exit(4);
	T(syscall(SYS_waitid, P_PID, b, NULL, WEXITED, NULL));
	b = t_fork();
	if (b == 0)
		_exit(5);
	T(waitid(P_PIDFD, 99, &si, WEXITED));
	t_wait_state(b, 'Z');
	T(syscall(SYS_wait4, b, (void *)8, 0, NULL));
	T(syscall(SYS_wait4, b, &st, 0, NULL));
	return 0;
}
