// SPDX-License-Identifier: MPL-2.0
// getrusage and times: who, relations between the numbers, children only after the wait.
#include "../lib/t.h"
#include <sys/times.h>

static void burn(void)
{
	struct rusage ru;

	do {
		for (volatile int i = 0; i < 100000; i++)
			;
		getrusage(RUSAGE_SELF, &ru);
	} while (ru.ru_utime.tv_usec + ru.ru_utime.tv_sec * 1000000 < 50000);
}

static long us(struct timeval t)
{
	return t.tv_sec * 1000000 + t.tv_usec;
}

int main(void)
{
	struct rusage a, b;
	struct tms t;
	int st;

	t_start();
	T(getrusage(RUSAGE_SELF, &a));
	T(getrusage(RUSAGE_THREAD, &a));
	T(getrusage(RUSAGE_CHILDREN, &a));
	IS(us(a.ru_utime) == 0 && us(a.ru_stime) == 0);
	T(getrusage(5, &a));
	T(getrusage(-2, &a));
	T(getrusage(RUSAGE_SELF, NULL));
	pid_t pid = t_fork();
	if (pid == 0) {
		getrusage(RUSAGE_SELF, &b);
		IS(us(b.ru_utime) < 1000000);
		burn();
		_exit(0);
	}
	t_wait_state(pid, 'Z');
	getrusage(RUSAGE_CHILDREN, &b);
	IS(us(b.ru_utime) == 0);
	T(wait4(pid, &st, 0, &a) == pid);
	IS(us(a.ru_utime) >= 50000);
	getrusage(RUSAGE_CHILDREN, &b);
	IS(us(b.ru_utime) >= us(a.ru_utime));
	burn();
	getrusage(RUSAGE_SELF, &a);
	getrusage(RUSAGE_SELF, &b);
	IS(us(a.ru_utime) >= 50000 && us(b.ru_utime) >= us(a.ru_utime));
	IS(b.ru_minflt > 0);
	clock_t t1 = times(&t);
	IS(t.tms_utime >= 4);
	IS(t.tms_cutime >= 4);
	IS(times(NULL) >= t1);
	T(syscall(SYS_times, 8));
	struct timespec cpu;
	T(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu));
	IS(cpu.tv_sec * 1000000 + cpu.tv_nsec / 1000 >= 50000);
	return 0;
}
