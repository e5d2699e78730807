// SPDX-License-Identifier: MPL-2.0
// TSYNC races with the end of the process, with an exec, and with threads that begin and end.
#include "../lib/seccomp.h"
#include "../lib/t.h"

#define SECONDS 2

static volatile int ready, stop;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void spin(unsigned n)
{
	for (volatile unsigned i = 0; i < n; i++)
		;
}

static void *sleeper(void *arg)
{
	for (;;)
		pause();
	return arg;
}

// A filter that takes its time, also for getppid.
static void install_long(void)
{
	static struct sock_filter f[4000];
	unsigned n = 0;

	f[n++] = (struct sock_filter)LOAD(OFF(args[0]));
	while (n < T_LEN(f) - 1)
		f[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1);
	f[n] = (struct sock_filter)RET(SECCOMP_RET_ALLOW);
	for (int i = 0; i < 7; i++)
		CHECK(INSTALL(0, f) == 0);
}

// Has filters of its own, and runs them all the time.
static void *asker(void *arg)
{
	install_long();
	ready = 1;
	for (;;)
		syscall(SYS_getppid);
	return arg;
}

static void *stepper(void *arg)
{
	struct sock_filter allow[] = { RET(SECCOMP_RET_ALLOW) };

	for (;;)
		INSTALL(SECCOMP_FILTER_FLAG_TSYNC, allow);
	return arg;
}

// The threads are told to end while one of them tries to give its filter to the others.
static void ends(void)
{
	double end = now() + SECONDS;
	unsigned seed = 1;
	int rounds = 0;

	while (now() < end) {
		pid_t pid = t_fork();
		int st;

		if (pid == 0) {
			pthread_attr_t small;
			pthread_t th;

			pthread_attr_init(&small);
			pthread_attr_setstacksize(&small, 65536);
			for (int i = 0; i < 30; i++)
				CHECK(pthread_create(&th, &small, sleeper, NULL) == 0);
			CHECK(pthread_create(&th, NULL, asker, NULL) == 0);
			while (!ready)
				;
			CHECK(pthread_create(&th, NULL, stepper, NULL) == 0);
			CHECK(pthread_create(&th, NULL, stepper, NULL) == 0);
			spin(rand_r(&seed) % 30000);
			_exit(7);
		}
		seed++;
		CHECK(waitpid(pid, &st, 0) == pid);
		if (!WIFEXITED(st) || WEXITSTATUS(st) != 7)
			t_status("odd end", st);
		rounds++;
	}
	IS(rounds > 0);
}

static void *nothing(void *arg)
{
	return arg;
}

static void *breeder(void *arg)
{
	pthread_t th[4];

	while (!stop) {
		for (int i = 0; i < 4; i++)
			CHECK(pthread_create(&th[i], NULL, nothing, NULL) == 0);
		for (int i = 0; i < 4; i++)
			pthread_join(th[i], NULL);
	}
	return arg;
}

static volatile int must_fail;
static int bad;

// A thread that was made after the filter came must have it, and so must a process.
static void *child_looks(void *arg)
{
	int late = must_fail;

	if (syscall(SYS_getsid, 0) != -1 && late)
		__atomic_store_n(&bad, 1, __ATOMIC_RELAXED);
	return arg;
}

static void *looking_breeder(void *arg)
{
	pthread_t th[2];

	while (!stop) {
		for (int i = 0; i < 2; i++)
			CHECK(pthread_create(&th[i], NULL, child_looks, NULL) == 0);
		pid_t pid = must_fail ? fork() : 0;
		if (must_fail && pid == 0)
			_exit(syscall(SYS_getsid, 0) != -1);
		if (pid > 0) {
			int st;
			CHECK(waitpid(pid, &st, 0) == pid);
			if (st)
				__atomic_store_n(&bad, 1, __ATOMIC_RELAXED);
		}
		for (int i = 0; i < 2; i++)
			pthread_join(th[i], NULL);
	}
	return arg;
}

// Threads come and go while filters come: none is without, and TSYNC never finds one out of step.
static void born(void)
{
	double end = now() + SECONDS;

	while (now() < end) {
		pid_t pid = t_fork();
		int st;

		if (pid == 0) {
			pthread_t a, b;

			CHECK(pthread_create(&a, NULL, breeder, NULL) == 0);
			CHECK(pthread_create(&b, NULL, looking_breeder, NULL) == 0);
			for (int i = 0; i < 10; i++) {
				if (s_on(SECCOMP_FILTER_FLAG_TSYNC, SYS_getsid,
					    SECCOMP_RET_ERRNO | 1) != 0)
					_exit(2);
				must_fail = 1;
				spin(5000);
			}
			stop = 1;
			pthread_join(a, NULL);
			pthread_join(b, NULL);
			_exit(bad);
		}
		CHECK(waitpid(pid, &st, 0) == pid);
		if (st)
			t_status("escaped", st);
	}
}

// The thread with filters of its own was joined: it is not in the way.
static void *own_filter(void *arg)
{
	CHECK(s_on(0, SYS_getpgid, SECCOMP_RET_ERRNO | 33) == 0);
	return arg;
}

static void joined(void)
{
	int failed = 0;

	for (int i = 0; i < 60; i++) {
		pthread_t th;

		CHECK(pthread_create(&th, NULL, own_filter, NULL) == 0);
		pthread_join(th, NULL);
		failed += s_on(SECCOMP_FILTER_FLAG_TSYNC, SYS_getsid, SECCOMP_RET_ERRNO | 1) != 0;
	}
	SHOW(failed);
}

int main(void)
{
	pid_t pid;
	int st;

	t_start();
	s_no_new_privs();
	ends();
	born();
	pid = t_fork();
	if (pid == 0) {
		joined();
		_exit(0);
	}
	CHECK(waitpid(pid, &st, 0) == pid);
	t_status("joined", st);
	return 0;
}
