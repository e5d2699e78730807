// SPDX-License-Identifier: MPL-2.0
// What poll tells of sockets in each state: new, listening, connected, full, shut down on either
// side, with the peer gone, with an error.
#include "../lib/t.h"
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

static void show(const char *what, int fd)
{
	struct pollfd p = { fd,
		POLLIN | POLLPRI | POLLOUT | POLLRDHUP | POLLRDNORM | POLLWRNORM | POLLRDBAND |
			POLLWRBAND,
		0 };

	poll(&p, 1, 0);
	printf("%s:%s%s%s%s%s%s%s%s%s%s\n", what, p.revents & POLLIN ? " IN" : "",
		p.revents & POLLPRI ? " PRI" : "", p.revents & POLLOUT ? " OUT" : "",
		p.revents & POLLRDHUP ? " RDHUP" : "", p.revents & POLLHUP ? " HUP" : "",
		p.revents & POLLERR ? " ERR" : "", p.revents & POLLRDNORM ? " RDNORM" : "",
		p.revents & POLLWRNORM ? " WRNORM" : "", p.revents & POLLRDBAND ? " RDBAND" : "",
		p.revents & POLLWRBAND ? " WRBAND" : "");
}

static void fill(int fd)
{
	static char buf[4096];

	while (send(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
}

static void drain(int fd)
{
	static char buf[65536];

	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
}

static void pair_states(const char *name, int type)
{
	int s[2];
	char c;

	printf("---- %s\n", name);
	show("new", socket(AF_UNIX, type, 0));
	CHECK(socketpair(AF_UNIX, type, 0, s) == 0);
	show("pair", s[0]);
	send(s[1], "x", 1, 0);
	show("data", s[0]);
	recv(s[0], &c, 1, 0);
	show("data read", s[0]);
	fill(s[0]);
	show("full", s[0]);
	show("other end of full", s[1]);
	drain(s[1]);
	show("drained", s[0]);
	shutdown(s[0], SHUT_WR);
	show("shut WR", s[0]);
	show("peer shut WR", s[1]);
	shutdown(s[0], SHUT_RD);
	show("shut both", s[0]);
	show("peer shut both", s[1]);
	close(s[0]);
	show("peer closed", s[1]);
	close(s[1]);
	CHECK(socketpair(AF_UNIX, type, 0, s) == 0);
	shutdown(s[0], SHUT_RD);
	show("shut RD", s[0]);
	show("peer shut RD", s[1]);
	close(s[0]);
	close(s[1]);
	CHECK(socketpair(AF_UNIX, type, 0, s) == 0);
	send(s[0], "unread", 6, 0);
	send(s[1], "left", 4, 0);
	close(s[1]);
	show("peer closed with unread data", s[0]);
	drain(s[0]);
	show("the same, drained", s[0]);
	send(s[0], "x", 1, MSG_NOSIGNAL);
	show("the same, after a send", s[0]);
	close(s[0]);
}

int main(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "s" };
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };

	t_start();
	pair_states("stream", SOCK_STREAM);
	pair_states("seqpacket", SOCK_SEQPACKET);
	pair_states("dgram", SOCK_DGRAM);
	printf("---- listener\n");
	int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
	bind(l, (void *)&a, sizeof(a));
	show("bound", l);
	listen(l, 0);
	show("listening", l);
	int ep = epoll_create1(0);
	epoll_ctl(ep, EPOLL_CTL_ADD, l, &ev);
	SHOW(epoll_wait(ep, &ev, 1, 0));
	connect(c, (void *)&a, sizeof(a));
	SHOW(epoll_wait(ep, &ev, 1, 0));
	SHOW(epoll_wait(ep, &ev, 1, 0));
	show("a connection waits", l);
	show("connected, not accepted", c);
	close(accept(l, NULL, NULL));
	show("accepted", l);
	show("closed after accept", c);
	close(c);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	connect(c, (void *)&a, sizeof(a));
	close(l);
	show("listener gone before accept", c);
	int err;
	socklen_t len = sizeof(err);
	getsockopt(c, SOL_SOCKET, SO_ERROR, &err, &len);
	SHOWS(t_errname(err));
	show("error taken", c);
	T(read(c, &err, 1));
	T(send(c, "x", 1, MSG_NOSIGNAL));
	return 0;
}
