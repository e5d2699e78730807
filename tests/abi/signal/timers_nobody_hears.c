// SPDX-License-Identifier: MPL-2.0
// Timers whose signal nobody hears cost nothing, whatever their interval: SIGEV_NONE, ignored
// signals, signals for threads that have ended.
#include "../lib/t.h"

#define MANY 300

static int create(int clock, int notify, int signo, pid_t tid)
{
	struct sigevent e = { .sigev_notify = notify, .sigev_signo = signo };
	int id = -1;

	e._sigev_un._tid = tid;
	CHECK(syscall(SYS_timer_create, clock, &e, &id) == 0);
	return id;
}

static void start(int id, long value_ns, long interval_ns)
{
	struct itimerspec its = { { interval_ns / 1000000000, interval_ns % 1000000000 },
		{ value_ns / 1000000000, value_ns % 1000000000 } };

	CHECK(syscall(SYS_timer_settime, id, 0, &its, NULL) == 0);
}

static long left_ns(int id)
{
	struct itimerspec its;

	CHECK(syscall(SYS_timer_gettime, id, &its) == 0);
	return its.it_value.tv_sec * 1000000000 + its.it_value.tv_nsec;
}

static void many(const char *what, int clock, int notify, int signo)
{
	int id[MANY];
	volatile long n = 0;

	for (int i = 0; i < MANY; i++) {
		id[i] = create(clock, notify, signo, 0);
		start(id[i], 1, 1);
	}
	for (int i = 0; i < 3000000; i++)
		n++;
	for (int i = 0; i < MANY; i++)
		CHECK(syscall(SYS_timer_delete, id[i]) == 0);
	printf("%s: done\n", what);
}

static volatile int heard;

static void on_signal(int s)
{
	heard++;
}

static void none(void)
{
	int id = create(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0);

	start(id, 1, 0);
	IS(UNTIL(left_ns(id) == 0));
	start(id, 1, 3600000000000);
	IS(UNTIL(left_ns(id) > 1000000000));
	IS(left_ns(id) <= 3600000000000);
	T(syscall(SYS_timer_getoverrun, id));
	T(syscall(SYS_timer_delete, id));
}

// The signal of a timer comes when it is no longer ignored; ITIMER_REAL has stopped.
static void becomes_heard(void)
{
	int id = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 0);
	struct itimerval it = { { 0, 1000 }, { 0, 1000 } };

	signal(SIGUSR1, SIG_IGN);
	start(id, 1, 1000000);
	for (int i = 0; i < 10; i++)
		t_yield();
	SHOW(heard);
	signal(SIGUSR1, on_signal);
	IS(UNTIL(heard > 2));
	T(syscall(SYS_timer_delete, id));
	signal(SIGALRM, SIG_IGN);
	setitimer(ITIMER_REAL, &it, NULL);
	for (int i = 0; i < 10; i++)
		t_yield();
	heard = 0;
	signal(SIGALRM, on_signal);
	for (int i = 0; i < 50; i++)
		t_yield();
	SHOW(heard);
	CHECK(getitimer(ITIMER_REAL, &it) == 0);
	IS(it.it_interval.tv_usec == 1000);
	it = (struct itimerval){ 0 };
	setitimer(ITIMER_REAL, &it, NULL);
}

static void *short_life(void *tid)
{
	*(volatile pid_t *)tid = t_gettid();
	t_get(((int *)tid)[1]);
	return NULL;
}

static void ended_thread(void)
{
	volatile int tid[2] = { 0 };
	int p[2], id[20];
	pthread_t t;

	t_pipe(p);
	tid[1] = p[0];
	CHECK(pthread_create(&t, NULL, short_life, (void *)tid) == 0);
	while (!tid[0])
		sched_yield();
	for (int i = 0; i < 20; i++)
		id[i] = create(CLOCK_MONOTONIC, SIGEV_SIGNAL | SIGEV_THREAD_ID,
			SIGRTMIN + 1 + i % 3, tid[0]);
	t_put(p[1]);
	pthread_join(t, NULL);
	CHECK(UNTIL(t_thread_state(tid[0]) == 0));
	for (int i = 0; i < 20; i++)
		start(id[i], 1, i % 2);
	for (int i = 0; i < 20; i++)
		t_yield();
	for (int i = 0; i < 10; i++)
		CHECK(syscall(SYS_timer_delete, id[i]) == 0);
	printf("timers of an ended thread: done\n");
	close(p[0]);
	close(p[1]);
}

int main(void)
{
	t_start();
	signal(SIGUSR2, SIG_IGN);
	many("none", CLOCK_MONOTONIC, SIGEV_NONE, 0);
	many("none, CPU time", CLOCK_PROCESS_CPUTIME_ID, SIGEV_NONE, 0);
	many("ignored", CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR2);
	many("ignored, CPU time", CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR2);
	none();
	becomes_heard();
	IN_CHILD("ended thread", ended_thread());
	return 0;
}
