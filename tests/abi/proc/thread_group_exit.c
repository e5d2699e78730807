// SPDX-License-Identifier: MPL-2.0
// exit_group, a fatal signal, and the leader ending first: how a process of several threads ends.
#include "../lib/t.h"

static int sync_pipe[2];

static void *waiting(void *arg)
{
	for (;;)
		pause();
	return NULL;
}

static void *exits(void *arg)
{
	syscall(SYS_exit_group, 11);
	return NULL;
}

static void *crashes(void *arg)
{
	*(volatile int *)8 = 1;
	return NULL;
}

static void *ends_alone(void *arg)
{
	syscall(SYS_exit, 12);
	return NULL;
}

static pid_t main_pid;

static void *last(void *arg)
{
	UNTIL(t_state(main_pid) == 'Z');
	printf("leader is a zombie, the process lives: %d\n", kill(main_pid, 0));
	IS(getpid() == main_pid);
	IS(t_gettid() != main_pid);
	syscall(SYS_exit, 13);
	return NULL;
}

int main(void)
{
	pthread_t t;
	int st;

	t_start();
	t_pipe(sync_pipe);
	IN_CHILD("exit_group in a thread", {
		pthread_create(&t, NULL, waiting, NULL);
		pthread_create(&t, NULL, exits, NULL);
		waiting(NULL);
	});
	IN_CHILD("crash in a thread", {
		pthread_create(&t, NULL, waiting, NULL);
		pthread_create(&t, NULL, crashes, NULL);
		waiting(NULL);
	});
	IN_CHILD("return from main", {
		pthread_create(&t, NULL, waiting, NULL);
		exit(14);
	});
	IN_CHILD("exit of one thread", {
		pthread_create(&t, NULL, ends_alone, NULL);
		UNTIL(access("/proc/self/task", F_OK) == 0);
		DIR *d;
		int n;
		do {
			n = 0;
			d = opendir("/proc/self/task");
			while (readdir(d))
				n++;
			closedir(d);
		} while (n > 3);
		_exit(15);
	});
	pid_t pid = t_fork();
	if (pid == 0) {
		main_pid = getpid();
		pthread_create(&t, NULL, last, NULL);
		syscall(SYS_exit, 16);
	}
	t_reap("leader first, status of the leader", pid);
	pid = t_fork();
	if (pid == 0) {
		main_pid = getpid();
		pthread_create(&t, NULL, waiting, NULL);
		syscall(SYS_exit, 17);
	}
	t_wait_state(pid, 'Z');
	T(waitpid(pid, &st, WNOHANG));
	kill(pid, SIGTERM);
	t_reap("killed after the leader left", pid);
	return 0;
}
