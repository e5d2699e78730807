// SPDX-License-Identifier: MPL-2.0
// SIGSTOP and SIGCONT: pending stops are dropped by CONT and the reverse, signals wait while
// stopped, KILL does not.
#include "../lib/t.h"

static volatile int usr, cont;

static void on_sig(int sig, siginfo_t *si, void *uc)
{
	if (sig == SIGCONT)
		cont++;
	else
		usr++;
}

int main(void)
{
	int st, p[2], go[2];

	t_start();
	t_pipe(p);
	t_pipe(go);
	pid_t pid = t_fork();
	if (pid == 0) {
		t_handle(SIGUSR1, on_sig, 0);
		t_handle(SIGCONT, on_sig, 0);
		t_put(p[1]);
		while (!cont || !usr)
			t_yield();
		t_get(go[0]);
		_exit(usr * 10 + cont);
	}
	t_get(p[0]);
	kill(pid, SIGSTOP);
	T(waitpid(pid, &st, WUNTRACED) == pid);
	IS(t_state(pid) == 'T');
	kill(pid, SIGUSR1);
	kill(pid, SIGSTOP);
	T(waitpid(pid, &st, WUNTRACED | WNOHANG));
	kill(pid, SIGCONT);
	T(waitpid(pid, &st, WCONTINUED) == pid);
	t_status("continued", st);
	t_put(go[1]);
	t_reap("SIGUSR1 once, SIGCONT once", pid);
	pid = t_fork();
	if (pid == 0)
		for (;;)
			pause();
	kill(pid, SIGSTOP);
	T(waitpid(pid, &st, WUNTRACED) == pid);
	kill(pid, SIGTERM);
	T(waitpid(pid, &st, WNOHANG));
	kill(pid, SIGKILL);
	t_reap("killed while stopped", pid);
	pid = t_fork();
	if (pid == 0) {
		sigset_t set;

		t_block(SIG_BLOCK, SIGTSTP);
		raise(SIGTSTP);
		sigpending(&set);
		printf("TSTP pending %d\n", sigismember(&set, SIGTSTP));
		raise(SIGCONT);
		sigpending(&set);
		printf("TSTP pending after CONT %d\n", sigismember(&set, SIGTSTP));
		t_block(SIG_BLOCK, SIGCONT);
		raise(SIGCONT);
		sigpending(&set);
		printf("CONT pending %d\n", sigismember(&set, SIGCONT));
		raise(SIGTSTP);
		sigpending(&set);
		printf("CONT pending after TSTP %d\n", sigismember(&set, SIGCONT));
		_exit(0);
	}
	t_reap("pending", pid);
	pid = t_fork();
	if (pid == 0) {
		setpgid(0, 0);
		raise(SIGTSTP);
		_exit(4);
	}
	T(waitpid(pid, &st, WUNTRACED) == pid);
	t_status("TSTP", st);
	kill(pid, SIGCONT);
	t_reap("TSTP then CONT", pid);
	return 0;
}
