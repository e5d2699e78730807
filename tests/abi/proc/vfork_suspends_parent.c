// SPDX-License-Identifier: MPL-2.0
// A vfork parent sleeps until its child executes or ends, and sees the child's writes.
#include "../lib/t.h"

static volatile int shared;

int main(int argc, char **argv)
{
	int st;

	if (argc > 1)
		return atoi(argv[1]);
	t_start();
	pid_t pid = vfork();
	if (pid == 0) {
		shared = 5;
		_exit(4);
	}
	SHOW(shared);
	T(waitpid(pid, &st, 0) == pid);
	t_status("exit", st);
	pid = vfork();
	if (pid == 0) {
		shared = 6;
		execl("/proc/self/exe", "me", "9", NULL);
		_exit(1);
	}
	SHOW(shared);
	T(waitpid(pid, &st, 0) == pid);
	t_status("exec", st);
	pid = vfork();
	if (pid == 0) {
		execl("./none", "none", NULL);
		shared = errno;
		_exit(3);
	}
	printf("exec failed: %s\n", t_errname(shared));
	T(waitpid(pid, &st, 0) == pid);
	t_status("failed", st);
	pid = vfork();
	if (pid == 0) {
		kill(getpid(), SIGKILL);
		_exit(3);
	}
	T(waitpid(pid, &st, 0) == pid);
	t_status("killed", st);
	return 0;
}
