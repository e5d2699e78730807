// SPDX-License-Identifier: MPL-2.0
// setpgid, getpgid, setsid and getsid: who may move whom, and when not.
#include "../lib/t.h"

int main(int argc, char **argv)
{
	int a[2], b[2];

	/* The program after exec: tells that it runs, and waits. */
	if (argc > 1) {
		write(9, "x", 1);
		for (;;)
			pause();
	}
	t_start();
	IN_CHILD("session", {
		if (getpid() == getpgrp())
			_exit(1);
		T(setsid() == getpid());
		IS(getsid(0) == getpid() && getpgrp() == getpid());
		T(setsid());
		T(setpgid(0, 0));
		T(setpgid(0, 1));
		T(setpgid(0, -1));
		T(setpgid(-1, 0));
		T(setpgid(1, 1));
		T(setpgid(999999, 0));
		T(getpgid(999999));
		T(getpgid(-1));
		T(getsid(999999));
		IS(getpgid(0) == getpgrp());
		t_pipe(a);
		t_pipe(b);
		pid_t c = t_fork();
		if (c == 0) {
			close(a[1]);
			IS(getpgrp() == getppid());
			t_put(b[1]);
			t_get(a[0]);
			IS(getpgrp() == getpid());
			T(setsid());
			T(setpgid(0, getppid()));
			IS(getpgrp() == getppid());
			T(setpgid(getppid(), 0));
			T(setsid() == getpid());
			t_put(b[1]);
			t_get(a[0]);
			execl("/bin/none", "none", NULL);
			_exit(0);
		}
		t_get(b[0]);
		T(setpgid(c, 999999));
		T(setpgid(c, c));
		t_put(a[1]);
		t_get(b[0]);
		T(setpgid(c, getpgrp()));
		IS(getsid(c) == c);
		t_put(a[1]);
		t_wait(c);
		T(setpgid(c, c));
	});
	IN_CHILD("after exec", {
		t_pipe(a);
		t_pipe(b);
		pid_t c = t_fork();
		if (c == 0) {
			dup2(a[0], 0);
			dup2(b[1], 9);
			close(a[1]);
			signal(SIGALRM, SIG_DFL);
			execl("/proc/self/exe", "x", "wait", NULL);
			_exit(1);
		}
		close(b[1]);
		SHOW(t_get(b[0]));
		T(setpgid(c, c));
		kill(c, SIGKILL);
		t_wait(c);
	});
	return 0;
}
