// SPDX-License-Identifier: MPL-2.0
// clock_gettime, clock_getres and clock_settime: which clocks exist, what moves forward, errors,
// rights.
#include "../lib/t.h"

int main(void)
{
	struct timespec a, b;
	struct timeval tv;

	t_start();
	static const struct t_name clocks[] = { T_N(CLOCK_REALTIME), T_N(CLOCK_MONOTONIC),
		T_N(CLOCK_PROCESS_CPUTIME_ID), T_N(CLOCK_THREAD_CPUTIME_ID),
		T_N(CLOCK_MONOTONIC_RAW), T_N(CLOCK_REALTIME_COARSE), T_N(CLOCK_MONOTONIC_COARSE),
		T_N(CLOCK_BOOTTIME), T_N(CLOCK_TAI) };
	for (size_t i = 0; i < T_LEN(clocks); i++) {
		clockid_t c = clocks[i].value;
		int r = clock_gettime(c, &a), q = (int)syscall(SYS_clock_gettime, c, &b);
		int forward = b.tv_sec > a.tv_sec ||
			(b.tv_sec == a.tv_sec && b.tv_nsec >= a.tv_nsec);

		printf("%s: %d %d, forward %d, nanoseconds sane %d", clocks[i].name, r, q, forward,
			b.tv_nsec >= 0 && b.tv_nsec < 1000000000);
		r = clock_getres(c, &a);
		printf(", getres %d, %s\n", r,
			a.tv_sec == 0 && a.tv_nsec > 0 && a.tv_nsec <= 10000000 ? "sane" : "odd");
	}
	T(clock_gettime(99, &a));
	T(clock_gettime(-1, &a));
	T(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, 8));
	T(syscall(SYS_clock_getres, 99, &a));
	T(clock_getres(CLOCK_MONOTONIC, NULL));
	T(gettimeofday(&tv, NULL));
	clock_gettime(CLOCK_REALTIME, &a);
	IS(a.tv_sec - tv.tv_sec <= 20);
	IS(syscall(SYS_gettimeofday, &tv, NULL) == 0 && tv.tv_usec < 1000000);
	T(syscall(SYS_gettimeofday, 8, NULL));
	clockid_t cpu;
	IS(clock_getcpuclockid(getpid(), &cpu) == 0);
	T(clock_gettime(cpu, &a));
	IS(clock_getcpuclockid(999999, &cpu) == ESRCH);
	T(clock_settime(CLOCK_MONOTONIC, &a));
	a.tv_nsec = 1000000000;
	T(clock_settime(CLOCK_REALTIME, &a));
	a.tv_nsec = 0;
	a.tv_sec = -1;
	T(clock_settime(CLOCK_REALTIME, &a));
	T(clock_settime(99, &a));
	clock_gettime(CLOCK_REALTIME, &b);
	a.tv_sec = 2000000000;
	T(clock_settime(CLOCK_REALTIME, &a));
	clock_gettime(CLOCK_REALTIME, &a);
	IS(a.tv_sec >= 2000000000 && a.tv_sec < 2000000100);
	IS(time(NULL) >= 2000000000);
	clock_settime(CLOCK_REALTIME, &b);
	IN_CHILD("user", {
		t_drop_root(1000);
		T(clock_settime(CLOCK_REALTIME, &b));
		T(settimeofday(&tv, NULL));
	});
	return 0;
}
