// SPDX-License-Identifier: MPL-2.0
// clone: combinations the kernel refuses, an exit signal of its own, CLONE_PARENT, shared
// descriptors and memory.
#include "../lib/t.h"

static long raw_clone(unsigned long flags, void *stack)
{
	return syscall(SYS_clone, flags, stack, NULL, NULL, NULL);
}

static char stack[65536] __attribute__((aligned(16)));
static volatile int shared;
static volatile int chld;

static int child(void *arg)
{
	shared = 77;
	open("/dev/null", O_RDONLY);
	chdir("/");
	umask(0);
	return 5;
}

static void on_sig(int sig, siginfo_t *si, void *uc)
{
	chld = sig;
}

int main(void)
{
	int st;
	char cwd[64];

	t_start();
	T(raw_clone(CLONE_THREAD | SIGCHLD, NULL));
	T(raw_clone(CLONE_SIGHAND | SIGCHLD, NULL));
	T(raw_clone(CLONE_THREAD | CLONE_SIGHAND | SIGCHLD, NULL));
	T(raw_clone(CLONE_FS | CLONE_NEWNS | SIGCHLD, NULL));
	pid_t pid = clone(child, stack + sizeof(stack), CLONE_VM | CLONE_FILES | CLONE_FS | SIGCHLD,
		NULL);
	CHECK(pid > 0);
	t_reap("shared all", pid);
	SHOW(shared);
	T(fcntl(3, F_GETFD));
	SHOWS(getcwd(cwd, sizeof(cwd)));
	SHOWO(umask(022));
	t_handle(SIGUSR2, on_sig, 0);
	pid = clone(child, stack + sizeof(stack), CLONE_VM | SIGUSR2, NULL);
	CHECK(pid > 0);
	IS(UNTIL(chld == SIGUSR2));
	T(waitpid(pid, &st, 0));
	T(waitpid(pid, &st, WNOHANG | __WCLONE) == pid);
	t_status("exit signal SIGUSR2", st);
	pid = clone(child, stack + sizeof(stack), CLONE_VM, NULL);
	CHECK(pid > 0);
	T(waitpid(pid, &st, __WALL) == pid);
	t_status("no exit signal", st);
	T(fcntl(4, F_GETFD));
	pid = (pid_t)raw_clone(SIGCHLD, NULL);
	if (pid == 0) {
		pid_t me = getpid();
		pid_t sibling = (pid_t)raw_clone(CLONE_PARENT | SIGCHLD, NULL);

		if (sibling == 0)
			_exit(getppid() == me ? 1 : 2);
		T(waitpid(sibling, &st, 0));
		_exit(8);
	}
	int a = -1, b = -1;
	for (int i = 0; i < 2; i++) {
		pid_t got = wait(&st);

		if (got == pid)
			a = st;
		else
			b = st;
	}
	t_status("child", a);
	t_status("sibling by CLONE_PARENT", b);
	T(wait(&st));
	return 0;
}
