// SPDX-License-Identifier: MPL-2.0
// Whoever waits for a PI futex gets it when the owner ends or executes a program without an unlock.
#include "../lib/t.h"
#include <linux/futex.h>

static unsigned *word;

static long futex(int op)
{
	return syscall(SYS_futex, word, op, 0, NULL, NULL, 0);
}

static void *take_and_end(void *tid)
{
	CHECK(futex(FUTEX_LOCK_PI) == 0);
	*(volatile pid_t *)tid = t_gettid();
	while (!(*(volatile unsigned *)word & FUTEX_WAITERS))
		sched_yield();
	t_wait_thread(((volatile pid_t *)tid)[1], 'S');
	return NULL;
}

static void thread_ends(void)
{
	volatile pid_t tid[2] = { 0, t_gettid() };
	pthread_t t;

	*word = 0;
	CHECK(pthread_create(&t, NULL, take_and_end, (void *)tid) == 0);
	while (!tid[0])
		sched_yield();
	T(futex(FUTEX_LOCK_PI));
	IS((*word & FUTEX_TID_MASK) == (unsigned)t_gettid());
	IS((*word & FUTEX_OWNER_DIED) != 0);
	pthread_join(t, NULL);
	T(futex(FUTEX_UNLOCK_PI));
	SHOWX(*word & FUTEX_TID_MASK);
}

// Two that wait: one gets the lock, and gives it to the other.
static void two_wait(const char *how, bool execs)
{
	pid_t owner, pid[2];
	int p[2];

	printf("%s\n", how);
	*word = 0;
	t_pipe(p);
	owner = t_fork();
	if (owner == 0) {
		CHECK(futex(FUTEX_LOCK_PI) == 0);
		t_put(p[1]);
		kill(getpid(), SIGSTOP);
		if (execs)
			execl("/proc/self/exe", "me", "nothing", NULL);
		_exit(0);
	}
	CHECK(t_get(p[0]) >= 0);
	for (int i = 0; i < 2; i++) {
		pid[i] = t_fork();
		if (pid[i] == 0) {
			CHECK(futex(FUTEX_LOCK_PI) == 0);
			CHECK((*word & FUTEX_TID_MASK) == (unsigned)t_gettid());
			CHECK(futex(FUTEX_UNLOCK_PI) == 0);
			_exit(0);
		}
		t_wait_state(pid[i], 'S');
	}
	t_wait_state(owner, 'T');
	kill(owner, SIGCONT);
	t_reap("owner", owner);
	t_reap("first", pid[0]);
	t_reap("second", pid[1]);
	SHOWX(*word & FUTEX_TID_MASK);
	close(p[0]);
	close(p[1]);
}

static pthread_mutex_t mutex;

static void *lock_and_end(void *tid)
{
	pthread_mutex_lock(&mutex);
	*(volatile pid_t *)tid = t_gettid();
	t_wait_thread(((volatile pid_t *)tid)[1], 'S');
	return NULL;
}

static void robust_mutex(void)
{
	volatile pid_t tid[2] = { 0, t_gettid() };
	pthread_mutexattr_t a;
	pthread_t t;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&mutex, &a);
	CHECK(pthread_create(&t, NULL, lock_and_end, (void *)tid) == 0);
	while (!tid[0])
		sched_yield();
	SHOWS(t_errname(pthread_mutex_lock(&mutex)));
	SHOWS(t_errname(pthread_mutex_consistent(&mutex)));
	SHOWS(t_errname(pthread_mutex_unlock(&mutex)));
	pthread_join(t, NULL);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return 0;
	t_start();
	word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	thread_ends();
	two_wait("the owner exits", false);
	two_wait("the owner executes a program", true);
	robust_mutex();
	return 0;
}
