// SPDX-License-Identifier: MPL-2.0
// A forked child has copies of memory, descriptors that share offsets, the mask and handlers, but
// no alarm and nothing pending.
#include "../lib/t.h"

static volatile int got;

static void on_usr1(int sig, siginfo_t *si, void *uc)
{
	got++;
}

int main(void)
{
	int value = 1;
	sigset_t set;
	struct itimerval it;

	t_start();
	t_file("f", "abcdef", 0644);
	int fd = open("f", O_RDONLY);
	t_handle(SIGUSR1, on_usr1, 0);
	t_block(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	umask(031);
	setpriority(PRIO_PROCESS, 0, 3);
	pid_t parent = getpid();
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		char c;

		IS(getppid() == parent);
		IS(getpid() != parent);
		IS(t_gettid() == getpid());
		sigpending(&set);
		IS(sigismember(&set, SIGUSR1));
		sigprocmask(SIG_BLOCK, NULL, &set);
		IS(sigismember(&set, SIGUSR1));
		getitimer(ITIMER_REAL, &it);
		IS(it.it_value.tv_sec == 0 && it.it_value.tv_usec == 0);
		alarm(T_LIMIT_SECONDS);
		value = 2;
		CHECK(read(fd, &c, 1) == 1);
		printf("child read %c\n", c);
		SHOWO(umask(0));
		SHOW(getpriority(PRIO_PROCESS, 0));
		raise(SIGUSR1);
		t_block(SIG_UNBLOCK, SIGUSR1);
		SHOW(got);
		close(fd);
		_exit(7);
	}
	t_reap("child", pid);
	SHOW(value);
	char c;
	CHECK(read(fd, &c, 1) == 1);
	printf("parent read %c\n", c);
	SHOWO(umask(022));
	t_block(SIG_UNBLOCK, SIGUSR1);
	SHOW(got);
	getitimer(ITIMER_REAL, &it);
	IS(it.it_value.tv_sec > 0);
	return 0;
}
