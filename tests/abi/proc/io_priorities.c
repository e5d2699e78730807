// SPDX-License-Identifier: MPL-2.0
// ioprio_set and ioprio_get: classes and levels, of a thread, a group and a user; inheritance and
// rights.
#include "../lib/t.h"

enum { WHO_PROCESS = 1, WHO_PGRP, WHO_USER };
#define PRIO(class, level) ((class) << 13 | (level))

static int set(int which, int who, int prio)
{
	return syscall(SYS_ioprio_set, which, who, prio);
}

static int get(int which, int who)
{
	return syscall(SYS_ioprio_get, which, who);
}

static void *thread(void *arg)
{
	T(get(WHO_PROCESS, 0));
	T(set(WHO_PROCESS, 0, PRIO(2, 1)));
	T(get(WHO_PROCESS, 0));
	T(get(WHO_PGRP, 0));
	return NULL;
}

static void in_thread(void)
{
	pthread_t t;

	CHECK(!pthread_create(&t, NULL, thread, NULL));
	pthread_join(t, NULL);
}

int main(int argc, char **argv)
{
	int prio, turn[2];
	pid_t child;

	if (argc > 1) {
		T(get(WHO_PROCESS, 0));
		return 0;
	}
	t_start();
	CHECK(!setpgid(0, 0) || getpgrp() == getpid());
	T(get(WHO_PROCESS, 0));
	T(get(WHO_PROCESS, getpid()) == get(WHO_PROCESS, 0));
	T(get(WHO_PGRP, 0));
	T(get(0, 0));
	T(get(4, 0));
	T(get(WHO_PROCESS, 0x7ffffff));
	T(get(WHO_PGRP, 0x7ffffff));
	T(get(WHO_USER, 54321));
	T(set(0, 0, PRIO(2, 4)));
	T(set(4, 0, PRIO(2, 4)));
	T(set(WHO_PROCESS, 0x7ffffff, PRIO(2, 4)));
	T(set(WHO_PGRP, 0x7ffffff, PRIO(2, 4)));
	T(set(WHO_USER, 54321, PRIO(2, 4)));
	for (int class = 0; class < 8; class ++) {
		for (int level = 0; level < 8; level += 7) {
			prio = PRIO(class, level);
			printf("class %d level %d\n", class, level);
			T(set(WHO_PROCESS, 0, prio));
			T(get(WHO_PROCESS, 0));
			T(get(WHO_PGRP, 0));
		}
	}
	/* The nice value and the policy decide if nothing was set. */
	T(set(WHO_PROCESS, 0, 0));
	for (int nice = -20; nice < 20; nice += 13) {
		CHECK(!setpriority(PRIO_PROCESS, 0, nice));
		T(get(WHO_PGRP, 0));
		T(get(WHO_PROCESS, 0));
	}
	CHECK(!setpriority(PRIO_PROCESS, 0, 0));
	struct sched_param p = { 0 };
	CHECK(!sched_setscheduler(0, SCHED_IDLE, &p));
	T(get(WHO_PGRP, 0));
	p.sched_priority = 10;
	CHECK(!sched_setscheduler(0, SCHED_RR, &p));
	T(get(WHO_PGRP, 0));
	p.sched_priority = 0;
	CHECK(!sched_setscheduler(0, SCHED_OTHER, &p));
	/* Threads, children, programs. */
	in_thread();
	T(get(WHO_PROCESS, 0));
	T(set(WHO_PROCESS, 0, PRIO(2, 6)));
	in_thread();
	T(get(WHO_PROCESS, 0));
	fflush(stdout);
	if (!t_fork()) {
		T(get(WHO_PROCESS, 0));
		fflush(stdout);
		execl("/proc/self/exe", "again", "again", NULL);
		_exit(1);
	}
	t_status("child", t_wait(-1));
	/* A group with a better member. */
	CHECK(!pipe(turn));
	child = t_fork();
	if (!child) {
		T(set(WHO_PROCESS, 0, PRIO(2, 2)));
		fflush(stdout);
		t_put(turn[1]);
		pause();
	}
	t_get(turn[0]);
	T(get(WHO_PROCESS, child));
	T(get(WHO_PGRP, 0));
	T(set(WHO_PGRP, 0, PRIO(3, 0)));
	T(get(WHO_PROCESS, child));
	T(get(WHO_PROCESS, 0));
	kill(child, SIGKILL);
	t_status("child", t_wait(child));
	/* A user. */
	fflush(stdout);
	if (!t_fork()) {
		CHECK(!setresgid(54321, 54321, 54321) && !setresuid(54321, 54321, 54321));
		T(set(WHO_PROCESS, 0, PRIO(1, 4)));
		T(set(WHO_PROCESS, 0, PRIO(2, 0)));
		T(set(WHO_PROCESS, getppid(), PRIO(2, 0)));
		T(set(WHO_PGRP, 0, PRIO(2, 0)));
		T(get(WHO_PROCESS, getppid()));
		T(set(WHO_USER, 0, PRIO(2, 3)));
		T(set(WHO_USER, 54321, PRIO(2, 5)));
		T(get(WHO_USER, 54321));
		T(set(WHO_PROCESS, 0, PRIO(3, 0)));
		fflush(stdout);
		_exit(0);
	}
	t_status("child", t_wait(-1));
	return 0;
}
