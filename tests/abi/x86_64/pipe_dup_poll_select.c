// SPDX-License-Identifier: MPL-2.0
// pipe, dup2, poll and select by their own numbers: errors, time left, signals.
#include "../lib/t.h"

#define pipe_(fds)              syscall(22, fds)
#define dup2_(a, b)             syscall(33, a, b)
#define poll_(fds, n, ms)       syscall(7, fds, n, ms)
#define select_(n, r, w, e, tv) syscall(23, n, r, w, e, tv)

static void on_alarm(int sig)
{
}

static void polls(int *p)
{
	struct pollfd f[4] = { { p[0], POLLIN, -1 }, { p[1], POLLOUT, -1 }, { 99, POLLIN, -1 },
		{ -5, POLLIN, -1 } };

	T(poll_(f, 4, 0));
	printf("%#x %#x %#x %#x\n", f[0].revents, f[1].revents, f[2].revents, f[3].revents);
	T(write(p[1], "x", 1));
	T(poll_(f, 1, -1));
	printf("%#x\n", f[0].revents);
	char c;
	T(read(p[0], &c, 1));
	uint64_t a = t_now_ns();
	T(poll_(f, 1, 20));
	IS(t_now_ns() - a >= 20000000u);
	T(poll_(NULL, 0, 1));
	T(poll_(NULL, 0, 0));
	T(poll_(NULL, 1, 0));
	T(poll_((void *)8, 1, 0));
	T(poll_(f, 0xffffffffu, 0));
	T(poll_(f, 1025, 0));
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	sigaction(SIGALRM, &sa, NULL);
	alarm(1);
	T(poll_(f, 1, -1));
	alarm(T_LIMIT_SECONDS);
}

static void selects(int *p)
{
	fd_set r, w;
	struct timeval tv = { 0, 0 };

	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_SET(p[0], &r);
	FD_SET(p[1], &w);
	T(select_(p[1] + 1, &r, &w, NULL, &tv));
	printf("%d %d\n", FD_ISSET(p[0], &r), FD_ISSET(p[1], &w));
	T(write(p[1], "x", 1));
	FD_SET(p[0], &r);
	tv.tv_sec = 5;
	T(select_(p[0] + 1, &r, NULL, NULL, &tv));
	IS(tv.tv_sec == 4 && tv.tv_usec > 0);
	char c;
	T(read(p[0], &c, 1));
	FD_SET(p[0], &r);
	tv = (struct timeval){ 0, 20000 };
	T(select_(p[0] + 1, &r, NULL, NULL, &tv));
	IS(tv.tv_sec == 0 && tv.tv_usec == 0 && !FD_ISSET(p[0], &r));
	// What does not fit in microseconds is carried over.
	tv = (struct timeval){ 0, 1500000 };
	FD_SET(p[1], &w);
	T(select_(p[1] + 1, NULL, &w, NULL, &tv));
	IS(tv.tv_sec == 1);
	tv = (struct timeval){ -1, 0 };
	T(select_(0, NULL, NULL, NULL, &tv));
	tv = (struct timeval){ 0, -1 };
	T(select_(0, NULL, NULL, NULL, &tv));
	tv = (struct timeval){ 0, 1 };
	T(select_(0, NULL, NULL, NULL, &tv));
	T(select_(-1, NULL, NULL, NULL, &tv));
	T(select_(0, NULL, NULL, NULL, (void *)8));
	T(select_(4, (void *)8, NULL, NULL, &tv));
	FD_ZERO(&r);
	FD_SET(60, &r);
	tv = (struct timeval){ 0, 0 };
	T(select_(64, &r, NULL, NULL, &tv));
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	sigaction(SIGALRM, &sa, NULL);
	alarm(1);
	T(select_(0, NULL, NULL, NULL, NULL));
	alarm(T_LIMIT_SECONDS);
}

int main(void)
{
	int p[2];

	t_start();
	T(pipe_(p));
	printf("%d %d, %#o %#o, %d\n", p[0], p[1], fcntl(p[0], F_GETFL), fcntl(p[1], F_GETFL),
		fcntl(p[0], F_GETFD));
	T(pipe_((void *)8));
	T(pipe_(NULL));
	T(fcntl(5, F_GETFD));
	T(dup2_(p[0], 10));
	SHOW(fcntl(10, F_GETFD));
	T(dup2_(10, 10));
	T(dup2_(99, 99));
	T(dup2_(99, 10));
	T(dup2_(p[0], -1));
	T(dup2_(p[0], 1 << 20));
	T(dup2_(p[0], 1024));
	T(dup2_(p[0], 1023));
	fcntl(10, F_SETFD, FD_CLOEXEC);
	T(dup2_(10, 10));
	SHOW(fcntl(10, F_GETFD));
	T(dup2_(10, 11));
	SHOW(fcntl(11, F_GETFD));
	polls(p);
	selects(p);
	return 0;
}
