// SPDX-License-Identifier: MPL-2.0
// The status of a process is that of the thread that exits last, also while others are on their
// way.
#include "../lib/t.h"

static void *other(void *arg)
{
	syscall(SYS_exit, 3);
	return arg;
}

int main(void)
{
	int wrong = 0;

	t_start();
	for (int i = 0; i < 60; i++) {
		pid_t pid = t_fork();
		int st;

		if (pid == 0) {
			pthread_t th[4];

			for (int k = 0; k < 4; k++)
				CHECK(pthread_create(&th[k], NULL, other, NULL) == 0);
			for (int k = 0; k < 4; k++)
				pthread_join(th[k], NULL);
			syscall(SYS_exit, 5);
		}
		CHECK(waitpid(pid, &st, 0) == pid);
		wrong += !WIFEXITED(st) || WEXITSTATUS(st) != 5;
	}
	SHOW(wrong);
	return 0;
}
