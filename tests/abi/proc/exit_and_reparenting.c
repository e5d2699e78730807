// SPDX-License-Identifier: MPL-2.0
// Zombies can be signalled; orphans go to init or the nearest subreaper; the death signal arrives.
#include "../lib/t.h"

int main(void)
{
	int p[2], q[2], st, on;

	t_start();
	pid_t pid = t_fork();
	if (pid == 0)
		_exit(1);
	t_wait_state(pid, 'Z');
	T(kill(pid, 0));
	T(kill(pid, SIGKILL));
	T(getpgid(pid) == getpgrp());
	T(setpgid(pid, pid));
	T(waitpid(pid, &st, 0) == pid);
	t_status("zombie keeps its code", st);
	T(kill(pid, 0));
	T(prctl(PR_GET_CHILD_SUBREAPER, &on));
	SHOW(on);
	T(prctl(PR_SET_CHILD_SUBREAPER, 1));
	T(prctl(PR_GET_CHILD_SUBREAPER, &on));
	SHOW(on);
	pid_t me = getpid();
	t_pipe(p);
	t_pipe(q);
	pid = t_fork();
	if (pid == 0) {
		int inherited;

		prctl(PR_GET_CHILD_SUBREAPER, &inherited);
		SHOW(inherited);
		if (t_fork() == 0) {
			t_get(p[0]);
			IS(getppid() == me);
			_exit(9);
		}
		_exit(2);
	}
	T(waitpid(pid, &st, 0) == pid);
	t_status("middle", st);
	t_put(p[1]);
	T(wait(&st) > 0);
	t_status("adopted grandchild", st);
	T(prctl(PR_SET_CHILD_SUBREAPER, 0));
	pid = t_fork();
	if (pid == 0) {
		pid_t middle = getpid();

		if (t_fork() == 0) {
			close(q[0]);
			UNTIL(getppid() != middle);
			prctl(PR_SET_PDEATHSIG, 0);
			char c = getppid() == 1 ? '1' : '?';
			write(q[1], &c, 1);
			_exit(0);
		}
		_exit(2);
	}
	t_wait(pid);
	printf("orphan's parent is %c\n", t_get(q[0]));
	T(wait(&st));
	close(p[1]);
	pid = t_fork();
	if (pid == 0) {
		int k[2];

		t_pipe(k);
		if (t_fork() == 0) {
			// Holds q[1] until the death signal ends it.
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			t_put(k[1]);
			for (;;)
				pause();
		}
		t_get(k[0]);
		_exit(3);
	}
	close(q[1]);
	t_reap("parent of the one with PDEATHSIG", pid);
	SHOW(t_get(q[0]));
	return 0;
}
