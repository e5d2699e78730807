// SPDX-License-Identifier: MPL-2.0
// execve in a thread ends the others and keeps the process id.
#include "../lib/t.h"

static int go[2];

static void *blocked(void *arg)
{
	t_get(go[0]);
	return NULL;
}

static void *spinning(void *arg)
{
	for (volatile int i = 0;; i++)
		;
	return NULL;
}

static void *executing(void *arg)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	execl("/proc/self/exe", "x", pid, NULL);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t t;

	if (argc > 1) {
		setvbuf(stdout, NULL, _IONBF, 0);
		IS(getpid() == atoi(argv[1]));
		IS(t_gettid() == getpid());
		t_list("descriptors", "/proc/self/fd");
		DIR *d = opendir("/proc/self/task");
		int n = 0;
		while (readdir(d))
			n++;
		SHOW(n - 2);
		return 4;
	}
	t_start();
	pid_t pid = t_fork();
	if (pid == 0) {
		t_pipe(go);
		fcntl(go[0], F_SETFD, FD_CLOEXEC);
		fcntl(go[1], F_SETFD, FD_CLOEXEC);
		pthread_create(&t, NULL, blocked, NULL);
		pthread_create(&t, NULL, blocked, NULL);
		pthread_create(&t, NULL, spinning, NULL);
		pthread_create(&t, NULL, executing, NULL);
		for (;;)
			pause();
	}
	t_reap("process", pid);
	return 0;
}
