// SPDX-License-Identifier: MPL-2.0
// clone3 with set_tid: the child has the id that was asked for, if it is free and the caller may.
#include "../lib/t.h"
#include <linux/sched.h>

static int tids[33];

static pid_t clone_as(int tid, unsigned n)
{
	struct clone_args a = {
		.exit_signal = SIGCHLD, .set_tid = (uintptr_t)tids, .set_tid_size = n
	};
	pid_t c;

	tids[0] = tid;
	c = syscall(SYS_clone3, &a, sizeof(a));
	if (c == 0)
		_exit(getpid() == tid ? 7 : 8);
	return c;
}

int main(void)
{
	struct clone_args a = { .exit_signal = SIGCHLD, .set_tid_size = 1 };
	// Far from the ids that others get meanwhile.
	int tid = 20000;

	t_start();
	IS(clone_as(tid, 1) == tid);
	T(waitid(P_PID, tid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT));
	T(clone_as(tid, 1)); // a zombie has it
	t_reap("child", tid);
	IS(clone_as(tid, 1) == tid);
	t_reap("again", tid);
	T(clone_as(getpid(), 1));
	T(clone_as(1, 1));
	T(clone_as(0, 1));
	T(clone_as(-1, 1));
	T(clone_as(1 << 30, 1));
	T(clone_as(tid, 2));
	T(clone_as(tid, 33));
	T(syscall(SYS_clone3, &a, sizeof(a)));
	a.set_tid = 1;
	T(syscall(SYS_clone3, &a, sizeof(a)));
	a.set_tid_size = 0;
	T(syscall(SYS_clone3, &a, sizeof(a)));
	IN_CHILD("user", t_drop_root(1000); T(clone_as(tid, 1)); T(clone_as(1, 1));
		T(clone_as(0, 1)));
	return 0;
}
