// SPDX-License-Identifier: MPL-2.0
// __WNOTHREAD: only the children that the calling thread has made; those of a thread that has ended
// are another's.
#include "../lib/t.h"

static pid_t child;
static int turn[2];

static pid_t make(int status)
{
	pid_t pid = t_fork();

	if (pid == 0)
		_exit(status);
	t_wait_state(pid, 'Z');
	return pid;
}

static void look(const char *who)
{
	siginfo_t si = { 0 };
	int st = 0;

	printf("%s\n", who);
	T(waitpid(child, &st, WNOHANG | __WNOTHREAD) == child);
	memset(&si, 0, sizeof(si));
	T(waitid(P_PID, (id_t)child, &si, WEXITED | WNOHANG | WNOWAIT | __WNOTHREAD));
	SHOW(si.si_status);
}

static void *other(void *arg)
{
	look("another thread");
	return NULL;
}

static void *maker(void *tid)
{
	*(volatile pid_t *)tid = t_gettid();
	child = make(4);
	t_get(turn[0]);
	return NULL;
}

int main(void)
{
	volatile pid_t tid = 0;
	pthread_t t;
	int st;

	t_start();
	t_pipe(turn);
	child = make(3);
	CHECK(pthread_create(&t, NULL, other, NULL) == 0);
	pthread_join(t, NULL);
	look("the maker");
	child = 0;
	CHECK(pthread_create(&t, NULL, maker, (void *)&tid) == 0);
	while (!*(volatile pid_t *)&child)
		sched_yield();
	look("not the maker");
	t_put(turn[1]);
	pthread_join(t, NULL);
	CHECK(UNTIL(t_thread_state(tid) == 0));
	look("the maker has ended");
	T(waitpid(-1, &st, __WALL | __WNOTHREAD));
	return 0;
}
