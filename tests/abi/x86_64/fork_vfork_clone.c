// SPDX-License-Identifier: MPL-2.0
// fork, vfork, clone (with its arguments in this architecture's order), getpgrp, pause and alarm by
// their own numbers.
#include "../lib/t.h"

static volatile int hits;
static volatile int shared;

static void on_alarm(int sig)
{
	hits++;
}

static unsigned long fs_base(void)
{
	unsigned long v = 0;

	syscall(158, 0x1003, &v);
	return v;
}

int main(void)
{
	t_start();
	fflush(stdout);
	pid_t pid = (pid_t)syscall(57);
	if (pid == 0)
		_exit(getppid() > 1 ? 21 : 22);
	t_reap("fork", pid);

	pid = vfork();
	if (pid == 0) {
		shared = 7;
		_exit(23);
	}
	SHOW(shared);
	t_reap("vfork", pid);

	// clone(flags, stack, parent_tid, child_tid, tls): a copy, with its thread area elsewhere,
	// so that it cannot use errno.
	static char area[4096] __attribute__((aligned(64)));
	int ptid = 0;
	static int ctid;
	unsigned long mine = fs_base();
	pid = (pid_t)syscall(56, SIGCHLD | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID,
		0, &ptid, &ctid, area + 2048);
	if (pid == 0) {
		int ok = fs_base() == (unsigned long)area + 2048 && ctid == (int)syscall(39);

		syscall(231, ok ? 24 : 25);
	}
	IS(ptid == pid && ctid == 0 && fs_base() == mine);
	t_reap("clone with a thread area", pid);
	// The fourth is tls for others; here it is child_tid, and a bad one is no error.
	pid = (pid_t)syscall(56, SIGCHLD | CLONE_CHILD_SETTID, 0, 0, 8, 0);
	if (pid == 0)
		syscall(231, 26);
	t_reap("clone with a bad child_tid", pid);
	T(syscall(56, SIGCHLD | CLONE_SETTLS, 0, 0, 0, 1ul << 60));
	T(syscall(56, CLONE_THREAD, 0, 0, 0, 0));
	T(syscall(56, CLONE_SIGHAND, 0, 0, 0, 0));

	IS(syscall(111) == getpgid(0));
	T(syscall(37, 0) > 0);
	T(syscall(37, 100));
	T(syscall(37, 0) > 90);
	T(syscall(37, 0));
	T(syscall(37, 1u << 31));
	T(syscall(37, 20) > 1000);
	signal(SIGALRM, on_alarm);
	struct sigaction sa = { .sa_handler = on_alarm };
	sigaction(SIGALRM, &sa, NULL);
	syscall(37, 1);
	T(syscall(34));
	SHOW(hits);
	sa.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &sa, NULL);
	syscall(37, 1);
	T(syscall(34));
	SHOW(hits);
	IN_CHILD("pause ends by a signal", {
		syscall(37, 1);
		signal(SIGALRM, SIG_DFL);
		syscall(34);
	});
	return 0;
}
