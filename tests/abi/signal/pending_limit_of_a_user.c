// SPDX-License-Identifier: MPL-2.0
// RLIMIT_SIGPENDING counts the queued signals and the POSIX timers of all processes of a user
// together.
#include "../lib/t.h"

#define USER 4712

static void limit(rlim_t n)
{
	struct rlimit r = { n, n };

	CHECK(setrlimit(RLIMIT_SIGPENDING, &r) == 0);
}

static int queue(pid_t pid, int most)
{
	union sigval v = { 0 };
	int n = 0;

	while (n < most && sigqueue(pid, SIGRTMIN + 2, v) == 0)
		n++;
	printf("%d queued, then %s\n", n, n == most ? "enough" : t_errname(errno));
	return n;
}

static int timers(int most)
{
	struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	int n = 0, id;

	while (n < most && syscall(SYS_timer_create, CLOCK_MONOTONIC, &e, &id) == 0)
		n++;
	printf("%d timers, then %s\n", n, n == most ? "enough" : t_errname(errno));
	return n;
}

int main(void)
{
	int p[2];

	t_start();
	t_block(SIG_BLOCK, SIGRTMIN + 2);
	t_block(SIG_BLOCK, SIGUSR2);
	t_pipe(p);
	IN_CHILD("two processes", {
		t_drop_root(USER);
		limit(10);
		pid_t other = t_fork();
		if (other == 0) {
			queue(getpid(), 6);
			t_put(p[1]);
			for (;;)
				pause();
		}
		t_get(p[0]);
		queue(getpid(), 100);
		timers(100);
		kill(other, SIGKILL);
		t_wait(other);
		timers(4);
		queue(getpid(), 100);
		// kill needs no room.
		T(kill(getpid(), SIGRTMIN + 2));
		T(kill(getpid(), SIGUSR2));
	});
	IN_CHILD("all is given back", {
		t_drop_root(USER);
		limit(10);
		for (int i = 0; i < 3; i++) {
			struct timespec none = { 0, 0 };
			siginfo_t si;
			sigset_t set;
			sigemptyset(&set);
			sigaddset(&set, SIGRTMIN + 2);
			queue(getpid(), 100);
			while (sigtimedwait(&set, &si, &none) > 0)
				;
		}
		signal(SIGRTMIN + 2, SIG_IGN);
		queue(getpid(), 30);
	});
	IN_CHILD("by another user", {
		limit(10);
		pid_t other = t_fork();
		if (other == 0) {
			t_drop_root(USER);
			t_put(p[1]);
			for (;;)
				pause();
		}
		t_get(p[0]);
		queue(other, 100);
		kill(other, SIGKILL);
		t_wait(other);
	});
	return 0;
}
