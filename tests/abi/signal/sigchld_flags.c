// SPDX-License-Identifier: MPL-2.0
// SA_NOCLDWAIT, SIG_IGN for SIGCHLD and SA_NOCLDSTOP.
#include "../lib/t.h"

static volatile int n;

static void on_chld(int sig, siginfo_t *si, void *uc)
{
	n++;
}

static pid_t sleeper(void)
{
	pid_t pid = t_fork();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

int main(void)
{
	int st;

	t_start();
	IN_CHILD("ignored", {
		signal(SIGCHLD, SIG_IGN);
		pid_t pid = t_fork();
		if (pid == 0)
			_exit(3);
		T(waitpid(pid, &st, 0));
		UNTIL(kill(pid, 0)); /* Linux frees the id a little later */
		T(kill(pid, 0));
		pid = sleeper();
		kill(pid, SIGSTOP);
		T(waitpid(pid, &st, WUNTRACED) == pid);
		t_status("stops are still reported", st);
		kill(pid, SIGKILL);
		T(wait(&st));
	});
	IN_CHILD("SA_NOCLDWAIT", {
		t_handle(SIGCHLD, on_chld, SA_NOCLDWAIT | SA_RESTART);
		pid_t pid = t_fork();
		if (pid == 0)
			_exit(3);
		T(waitpid(pid, &st, 0));
		IS(UNTIL(n == 1));
	});
	IN_CHILD("SA_NOCLDSTOP", {
		t_handle(SIGCHLD, on_chld, SA_NOCLDSTOP);
		pid_t pid = sleeper();
		kill(pid, SIGSTOP);
		while (waitpid(pid, &st, WUNTRACED) < 0)
			;
		SHOW(n);
		kill(pid, SIGCONT);
		while (waitpid(pid, &st, WCONTINUED) < 0)
			;
		SHOW(n);
		kill(pid, SIGKILL);
		while (waitpid(pid, &st, 0) < 0)
			;
		IS(UNTIL(n == 1));
	});
	IN_CHILD("default action leaves a zombie", {
		pid_t pid = t_fork();
		if (pid == 0)
			_exit(3);
		t_wait_state(pid, 'Z');
		T(waitpid(pid, &st, 0) == pid);
	});
	return 0;
}
