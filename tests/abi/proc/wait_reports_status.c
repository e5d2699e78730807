// SPDX-License-Identifier: MPL-2.0
// wait4 and waitid: exit codes, signals, stops and continues, and the siginfo that goes with them.
#include "../lib/t.h"

static void info(const char *label, int type, id_t id, int options)
{
	siginfo_t si;
	int r;

	memset(&si, 0x55, sizeof(si));
	errno = 0;
	r = waitid(type, id, &si, options);
	if (r < 0) {
		printf("%s: %s\n", label, t_errname(errno));
		return;
	}
	if (si.si_pid == 0) {
		printf("%s: nothing, signo %d\n", label, si.si_signo);
		return;
	}
	printf("%s: %s %s status %d, errno %d, pid matches %d, uid %d\n", label,
		t_signame(si.si_signo), t_codename(SIGCHLD, si.si_code), si.si_status, si.si_errno,
		type != P_PID || si.si_pid == (pid_t)id, si.si_uid);
}

static pid_t exits(int code)
{
	pid_t pid = t_fork();

	if (pid == 0)
		_exit(code);
	return pid;
}

int main(void)
{
	struct rusage ru;
	int st;

	t_start();
	t_reap("0", exits(0));
	t_reap("255", exits(255));
	t_reap("256", exits(256));
	t_reap("-1", exits(-1));
	pid_t pid = exits(3);
	info("WNOWAIT", P_PID, (id_t)pid, WEXITED | WNOWAIT);
	info("again", P_PID, (id_t)pid, WEXITED | WNOWAIT);
	info("for good", P_PID, (id_t)pid, WEXITED);
	info("gone", P_PID, (id_t)pid, WEXITED);
	pid = t_fork();
	if (pid == 0)
		for (;;)
			pause();
	info("running", P_PID, (id_t)pid, WEXITED | WSTOPPED | WCONTINUED | WNOHANG);
	T(waitpid(pid, &st, WNOHANG));
	kill(pid, SIGSTOP);
	info("stopped", P_PID, (id_t)pid, WSTOPPED | WNOWAIT);
	T(waitpid(pid, &st, WUNTRACED) == pid);
	t_status("stopped", st);
	T(waitpid(pid, &st, WUNTRACED | WNOHANG));
	kill(pid, SIGCONT);
	info("continued", P_PID, (id_t)pid, WCONTINUED | WNOWAIT);
	T(waitpid(pid, &st, WCONTINUED) == pid);
	t_status("continued", st);
	T(waitpid(pid, &st, WCONTINUED | WNOHANG));
	kill(pid, SIGTERM);
	info("killed", P_ALL, 0, WEXITED | WNOWAIT);
	T(wait4(pid, &st, 0, &ru) == pid);
	t_status("killed", st);
	IS(ru.ru_utime.tv_sec < 20 && ru.ru_stime.tv_sec < 20);
	T(wait4(pid, &st, 0, NULL));
	pid = exits(1);
	T(waitpid(pid, NULL, 0) == pid);
	return 0;
}
