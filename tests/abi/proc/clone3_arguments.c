// SPDX-License-Identifier: MPL-2.0
// clone3: sizes of the structure, reserved flags, signals, stacks, and a child that works.
#include "../lib/t.h"
#include <linux/sched.h>

static void on_usr2(int sig, siginfo_t *si, void *uc)
{
}

static long c3(struct clone_args *a, size_t size)
{
	return syscall(SYS_clone3, a, size);
}

int main(void)
{
	struct {
		struct clone_args a;
		char more[64];
	} big;
	struct clone_args a;

	t_start();
	memset(&a, 0, sizeof(a));
	a.exit_signal = SIGCHLD;
	T(c3(&a, 0));
	T(c3(&a, 63));
	T(c3(&a, 8192));
	T(c3(NULL, 64));
	T(c3((void *)8, 64));
	memset(&big, 0, sizeof(big));
	big.a.exit_signal = SIGCHLD;
	big.more[60] = 1;
	T(c3(&big.a, sizeof(big)));
	big.more[60] = 0;
	long pid = c3(&big.a, sizeof(big));
	if (pid == 0)
		_exit(1);
	CHECK(pid > 0);
	t_reap("larger structure of zeroes", (pid_t)pid);
	pid = c3(&a, 64);
	if (pid == 0)
		_exit(2);
	CHECK(pid > 0);
	t_reap("first version", (pid_t)pid);
	a.exit_signal = 65;
	T(c3(&a, sizeof(a)));
	a.exit_signal = 0x100 | SIGCHLD;
	T(c3(&a, sizeof(a)));
	a.exit_signal = SIGCHLD;
	a.flags = SIGCHLD;
	T(c3(&a, sizeof(a)));
	a.flags = CLONE_DETACHED;
	T(c3(&a, sizeof(a)));
	a.flags = 1ull << 60;
	T(c3(&a, sizeof(a)));
	a.flags = CLONE_SIGHAND;
	T(c3(&a, sizeof(a)));
	a.flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
	T(c3(&a, sizeof(a)));
	a.flags = CLONE_SIGHAND | CLONE_VM | CLONE_CLEAR_SIGHAND;
	T(c3(&a, sizeof(a)));
	a.flags = 0;
	a.stack = 4096;
	T(c3(&a, sizeof(a)));
	a.stack = 0;
	a.stack_size = 4096;
	T(c3(&a, sizeof(a)));
	a.stack_size = 0;
	signal(SIGUSR1, SIG_IGN);
	t_handle(SIGUSR2, on_usr2, 0);
	a.flags = CLONE_CLEAR_SIGHAND;
	pid = c3(&a, sizeof(a));
	if (pid == 0) {
		struct sigaction sa;

		sigaction(SIGUSR1, NULL, &sa);
		IS(sa.sa_handler == SIG_IGN);
		sigaction(SIGUSR2, NULL, &sa);
		IS(sa.sa_handler == SIG_DFL);
		_exit(3);
	}
	CHECK(pid > 0);
	t_reap("CLONE_CLEAR_SIGHAND", (pid_t)pid);
	return 0;
}
