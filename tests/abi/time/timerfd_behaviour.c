// SPDX-License-Identifier: MPL-2.0
// timerfd: expirations, intervals, absolute times, reads that would block, cancel on set, errors.
#include "../lib/t.h"
#include <sys/timerfd.h>

static int set(int fd, int flags, long s, long ns, long is, long ins)
{
	struct itimerspec it = { { is, ins }, { s, ns } };

	return timerfd_settime(fd, flags, &it, NULL);
}

int main(void)
{
	struct itimerspec it;
	uint64_t v = 0;

	t_start();
	int fd = T(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
	T(fcntl(fd, F_GETFD));
	T(read(fd, &v, 8));
	T(timerfd_gettime(fd, &it));
	SHOW(it.it_value.tv_sec + it.it_value.tv_nsec);
	T(set(fd, 0, 0, 1000000, 0, 0));
	struct pollfd p = { fd, POLLIN, 0 };
	T(poll(&p, 1, 20000));
	SHOWX(p.revents);
	T(read(fd, &v, 4));
	T(read(fd, &v, 8));
	SHOW(v);
	T(read(fd, &v, 8));
	T(set(fd, 0, 0, 1000000, 0, 1000000));
	uint64_t end = t_now_ns() + 20000000;
	UNTIL(t_now_ns() > end);
	T(read(fd, &v, 8));
	IS(v > 2);
	T(timerfd_gettime(fd, &it));
	SHOW(it.it_interval.tv_nsec);
	T(set(fd, 0, 0, 0, 5, 0));
	T(timerfd_gettime(fd, &it));
	SHOW(it.it_interval.tv_sec);
	T(set(fd, TFD_TIMER_ABSTIME, 0, 1, 0, 0));
	T(poll(&p, 1, 20000));
	T(read(fd, &v, 8));
	SHOW(v);
	T(set(fd, 0, 100, 0, 0, 0));
	T(set(fd, 0, 200, 0, 0, 0));
	T(timerfd_gettime(fd, &it));
	IS(it.it_value.tv_sec > 150);
	T(poll(&p, 1, 0));
	T(set(fd, 0, 0, 1000000000, 0, 0));
	T(set(fd, 0, -1, 0, 0, 0));
	T(set(fd, 0x100, 1, 0, 0, 0));
	T(set(0, 0, 1, 0, 0, 0));
	T(set(99, 0, 1, 0, 0, 0));
	T(write(fd, &v, 8));
	T(timerfd_create(99, 0));
	T(timerfd_create(CLOCK_MONOTONIC, 0x100));
	T(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
	T(timerfd_settime(fd, 0, NULL, NULL));
	int rt = T(timerfd_create(CLOCK_REALTIME, 0));
	T(set(rt, 0, 0, 1000000, 0, 0));
	T(read(rt, &v, 8));
	SHOW(v);
	return 0;
}
