// SPDX-License-Identifier: MPL-2.0
// The strict mode: four calls, and SIGKILL for all others.
#include "../lib/seccomp.h"
#include "../lib/t.h"

static void *thread_in_strict_mode(void *arg)
{
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
	syscall(SYS_getpid);
	return arg;
}

static void child(int what)
{
	char c;
	int p[2];

	CHECK(pipe(p) == 0);
	if (what == 3) { // only the thread ends
		pthread_t th;
		CHECK(pthread_create(&th, NULL, thread_in_strict_mode, NULL) == 0);
		CHECK(UNTIL(s_threads() == 1));
		_exit(7);
	}
	if (what == 4)
		CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
	else
		CHECK(s_seccomp(SECCOMP_SET_MODE_STRICT, 0, NULL) == 0);
	syscall(SYS_write, p[1], "x", 1);
	syscall(SYS_read, p[0], &c, 1);
	if (what == 1)
		syscall(SYS_getpid);
	if (what == 2)
		syscall(SYS_exit_group, 0);
	if (what == 4)
		prctl(PR_GET_SECCOMP);
	if (what == 5)
		syscall(9999);
	syscall(SYS_exit, c);
}

int main(void)
{
	int st;

	t_start();
	T(prctl(PR_GET_SECCOMP));
	T(s_seccomp(SECCOMP_SET_MODE_STRICT, 1, NULL));
	T(s_seccomp(SECCOMP_SET_MODE_STRICT, 0, &st));
	T(s_seccomp(99, 0, NULL));
	T(prctl(PR_SET_SECCOMP, 3, 0));
	T(prctl(PR_SET_SECCOMP, 0, 0));
	for (int i = 0; i < 6; i++) {
		pid_t pid = t_fork();

		if (pid == 0)
			child(i);
		CHECK(waitpid(pid, &st, 0) == pid);
		t_status("child", st);
	}
	return 0;
}
