// SPDX-License-Identifier: MPL-2.0
// The parent of a vfork waits for the end of the child, not for that of a thread which the child
// has made.
#include "../lib/t.h"

static char stack[65536] __attribute__((aligned(16)));
static volatile int thread_runs, child_ends;

static int thread(void *arg)
{
	thread_runs = 1;
	syscall(SYS_exit, 0);
	return 0;
}

// Ends after the thread, and gives a parent that is wrongly awake the time to be seen.
static int child(void *arg)
{
	char path[64];
	pid_t tid = clone(thread, stack + sizeof(stack),
		CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD, NULL);

	snprintf(path, sizeof(path), "/proc/self/task/%d", tid);
	if (tid < 0)
		_exit(2);
	while (access(path, F_OK) == 0)
		t_yield();
	for (int i = 0; i < 20; i++)
		t_yield();
	child_ends = 1;
	_exit(*(int *)arg);
}

int main(void)
{
	static char other[65536] __attribute__((aligned(16)));
	int status = 3;
	pid_t pid;

	t_start();
	pid = clone(child, other + sizeof(other), CLONE_VM | CLONE_VFORK | SIGCHLD, &status);
	SHOW(thread_runs);
	SHOW(child_ends);
	t_reap("child", pid);
	return 0;
}
