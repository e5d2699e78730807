// SPDX-License-Identifier: MPL-2.0
// Many senders to one receiver: its queue takes few messages; who is full gets EAGAIN, waits,
// polls, and goes on when one is received.
#include "../lib/t.h"
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "r" };
#define ADDR (void *)&a, sizeof(a)

static int out(int fd)
{
	struct pollfd p = { fd, POLLOUT, 0 };

	poll(&p, 1, 0);
	return p.revents & POLLOUT ? 1 : 0;
}

int main(void)
{
	struct timeval tv = { 0, 20000 };
	struct epoll_event ev = { .events = EPOLLOUT | EPOLLET };
	char b[16];
	int n = 0;

	t_start();
	int r = socket(AF_UNIX, SOCK_DGRAM, 0), s = socket(AF_UNIX, SOCK_DGRAM, 0),
	    x = socket(AF_UNIX, SOCK_DGRAM, 0);
	CHECK(bind(r, ADDR) == 0 && connect(s, ADDR) == 0);
	int ep = epoll_create1(0);
	epoll_ctl(ep, EPOLL_CTL_ADD, s, &ev);
	SHOW(epoll_wait(ep, &ev, 1, 0));
	while (send(s, "msg", 3, MSG_DONTWAIT) == 3)
		n++;
	SHOWS(t_errname(errno));
	SHOW(n);
	SHOW(out(s));
	SHOW(out(x));
	T(sendto(x, "x", 1, MSG_DONTWAIT, ADDR));
	setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	T(send(s, "x", 1, 0));
	SHOW(epoll_wait(ep, &ev, 1, 0));
	T(recv(r, b, sizeof(b), 0));
	SHOW(out(s));
	SHOW(epoll_wait(ep, &ev, 1, 1000));
	T(send(s, "again", 5, MSG_DONTWAIT));
	T(send(s, "again", 5, MSG_DONTWAIT));
	pid_t pid = t_fork();
	if (pid == 0) {
		T(sendto(x, "waited", 6, 0, ADDR));
		_exit(0);
	}
	t_wait_state(pid, 'S');
	CHECK(recv(r, b, sizeof(b), 0) == 3);
	t_reap("sender", pid);
	// A poller sleeps until there is room.
	pid = t_fork();
	if (pid == 0) {
		struct pollfd p = { s, POLLOUT, 0 };
		T(poll(&p, 1, -1));
		T(send(s, "polled", 6, MSG_DONTWAIT));
		_exit(0);
	}
	t_wait_state(pid, 'S');
	CHECK(recv(r, b, sizeof(b), 0) == 3);
	t_reap("poller", pid);
	n = 0;
	while (recv(r, b, sizeof(b), MSG_DONTWAIT) > 0)
		n++;
	SHOW(n);
	t_text("last", b, 6);
	// The receiver goes while somebody waits.
	while (send(s, "msg", 3, MSG_DONTWAIT) == 3)
		;
	tv.tv_usec = 0;
	setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	int go[2];
	t_pipe(go);
	pid = t_fork();
	if (pid == 0) {
		close(r);
		t_put(go[1]);
		T(send(s, "x", 1, 0));
		_exit(0);
	}
	t_get(go[0]);
	t_wait_state(pid, 'S');
	close(r);
	t_reap("receiver closed", pid);
	SHOW(out(s));
	T(send(s, "x", 1, 0));
	T(send(s, "x", 1, 0));
	// Empty and large ones, and the limit of one.
	int p[2];
	static char big[212992];
	socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
	T(send(p[0], "", 0, 0));
	T(send(p[0], big, sizeof(big) - 32, 0));
	T(send(p[0], big, sizeof(big) - 31, 0));
	T(send(p[0], "x", 1, MSG_DONTWAIT));
	T(recv(p[1], b, 1, 0));
	T(recv(p[1], big, sizeof(big), 0));
	T(send(p[0], "x", 1, MSG_DONTWAIT));
	return 0;
}
