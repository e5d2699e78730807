// SPDX-License-Identifier: MPL-2.0
// SO_SELECT_ERR_QUEUE: which polls and selects see errors by it; SO_BUF_LOCK; SO_BPF_EXTENSIONS.
#include "../lib/net.h"
#include <linux/netlink.h>
#include <sys/select.h>
#include <sys/un.h>

#define SELECT_ERRORS 45
#define EXTENSIONS    48
#define BUF_LOCK      72

static int set(int s, int name, int v)
{
	return setsockopt(s, SOL_SOCKET, name, &v, sizeof(v));
}

static void show(const char *what, int s, int name)
{
	int v = -1, r;
	socklen_t n = sizeof(v);

	r = getsockopt(s, SOL_SOCKET, name, &v, &n);
	printf("%s: %s %d, length %u\n", what, r ? t_errname(errno) : "0", v, n);
}

/* What waits for nothing but exceptions sees. */
static void looks(const char *what, int s)
{
	struct pollfd p = { s, POLLPRI, 0 }, all = { s, POLLIN | POLLOUT | POLLPRI, 0 };
	struct timeval tv = { 0, 0 };
	fd_set ex;
	int n;

	FD_ZERO(&ex);
	FD_SET(s, &ex);
	CHECK(poll(&p, 1, 0) >= 0 && poll(&all, 1, 0) >= 0);
	n = select(s + 1, NULL, NULL, &ex, &tv);
	printf("%s: %#x %#x, select %d\n", what, p.revents, all.revents, n);
}

/* A socket that has an error, or will have one. */
static void of_errors(const char *what, int s)
{
	struct pollfd p = { s, 0, 0 };

	CHECK(poll(&p, 1, 20000) == 1);
	printf("-- errors: %s\n", what);
	show("at first", s, SELECT_ERRORS);
	looks("off", s);
	net_result("on", set(s, SELECT_ERRORS, 7));
	show("on", s, SELECT_ERRORS);
	looks("on", s);
	net_result("off", set(s, SELECT_ERRORS, 0));
	looks("off", s);
	CHECK(set(s, SELECT_ERRORS, 1) == 0);
	show("the error", s, SO_ERROR);
	looks("taken", s);
}

/* A connection whose other end has left data unread. */
static void of_reset(void)
{
	union net_addr a = net_addr("127.0.0.1", 0);
	socklen_t n = sizeof(a);
	int l = socket(AF_INET, SOCK_STREAM, 0), s = socket(AF_INET, SOCK_STREAM, 0), c;
	struct pollfd p;
	char b;

	CHECK(bind(l, &a.any, net_len(&a)) == 0 && listen(l, 1) == 0);
	CHECK(getsockname(l, &a.any, &n) == 0);
	CHECK(set(s, SELECT_ERRORS, 1) == 0);
	CHECK(connect(s, &a.any, net_len(&a)) == 0);
	c = accept(l, NULL, NULL);
	CHECK(send(s, "x", 1, 0) == 1 && recv(c, &b, 1, MSG_PEEK) == 1);
	close(c);
	p = (struct pollfd){ s, POLLIN, 0 };
	CHECK(poll(&p, 1, 20000) == 1);
	of_errors("a stream", s);
	close(s);
	close(l);
}

static void errors(void)
{
	union net_addr a = net_addr("127.0.0.1", 7431), b = net_addr("::1", 7431);
	struct sockaddr_un u = { AF_UNIX, "there" };
	int s, on = 1, pair[2], other;
	char c;

	s = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(connect(s, &a.any, net_len(&a)) == 0 && send(s, "x", 1, 0) == 1);
	of_errors("udp", s);
	close(s);
	s = socket(AF_INET6, SOCK_DGRAM, 0);
	CHECK(setsockopt(s, SOL_IPV6, 25, &on, sizeof(on)) == 0); /* IPV6_RECVERR */
	CHECK(sendto(s, "x", 1, 0, &b.any, net_len(&b)) == 1);
	of_errors("udp 6 with a queue", s);
	while (recv(s, &c, 1, MSG_ERRQUEUE) >= 0)
		;
	looks("queue read", s);
	close(s);
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
	other = socket(AF_UNIX, SOCK_DGRAM, 0);
	CHECK(bind(other, (struct sockaddr *)&u, sizeof(u)) == 0);
	CHECK(send(pair[0], "x", 1, 0) == 1); /* is lost by that: */
	CHECK(connect(pair[1], (struct sockaddr *)&u, sizeof(u)) == 0);
	of_errors("a pair of datagrams", pair[0]);
	close(pair[0]);
	close(pair[1]);
	close(other);
	for (int type = SOCK_STREAM; type <= SOCK_SEQPACKET; type += SOCK_SEQPACKET - SOCK_STREAM) {
		CHECK(socketpair(AF_UNIX, type, 0, pair) == 0);
		CHECK(send(pair[0], "x", 1, 0) == 1);
		close(pair[1]);
		of_errors(type == SOCK_STREAM ? "a pair of streams" : "a pair of packets", pair[0]);
		close(pair[0]);
	}
	s = socket(AF_INET, SOCK_STREAM, 0);
	net_result("refused", connect(s, &a.any, net_len(&a)));
	show("a stream", s, SELECT_ERRORS);
	looks("a stream", s);
	close(s);
	of_reset();
	s = socket(AF_NETLINK, SOCK_RAW, 0);
	net_result("netlink", set(s, SELECT_ERRORS, 1));
	close(s);
}

static void locks(const char *what, int family, int type)
{
	int s = socket(family, type, 0);

	printf("-- locks: %s\n", what);
	show("at first", s, BUF_LOCK);
	CHECK(set(s, SO_SNDBUF, 10000) == 0);
	show("with a send buffer", s, BUF_LOCK);
	net_result("four", set(s, BUF_LOCK, 4));
	net_result("less than none", set(s, BUF_LOCK, -1));
	net_result("the other one", set(s, BUF_LOCK, 2));
	show("the other one", s, BUF_LOCK);
	CHECK(set(s, SO_SNDBUFFORCE, 20000) == 0);
	show("both", s, BUF_LOCK);
	net_result("none", set(s, BUF_LOCK, 0));
	show("none", s, BUF_LOCK);
	CHECK(set(s, SO_RCVBUF, 20000) == 0);
	show("with a receive buffer", s, BUF_LOCK);
	close(s);
}

/* A connection has its listener's; a buffer that is locked does not grow. */
static void locks_of_streams(void)
{
	static char buf[65536];
	union net_addr a = net_addr("127.0.0.1", 0);
	socklen_t n = sizeof(a);
	int l = socket(AF_INET, SOCK_STREAM, 0), s, c, was = 0, is = 0;

	printf("-- connections\n");
	CHECK(set(l, BUF_LOCK, 2) == 0);
	CHECK(bind(l, &a.any, net_len(&a)) == 0 && listen(l, 2) == 0);
	CHECK(getsockname(l, &a.any, &n) == 0);
	for (int lock = 0; lock < 2; lock++) {
		s = socket(AF_INET, SOCK_STREAM, 0);
		CHECK(set(s, BUF_LOCK, lock) == 0);
		CHECK(connect(s, &a.any, net_len(&a)) == 0);
		c = accept(l, NULL, NULL);
		show("accepted", c, BUF_LOCK);
		n = sizeof(was);
		CHECK(getsockopt(s, SOL_SOCKET, SO_SNDBUF, &was, &n) == 0);
		if (!fork()) {
			for (long left = 16 << 20; left > 0;) {
				ssize_t k = read(c, buf, sizeof(buf));
				CHECK(k > 0);
				left -= k;
			}
			_exit(0);
		}
		for (int i = 0; i < 256; i++) {
			for (size_t at = 0; at < sizeof(buf);) {
				ssize_t k = write(s, buf + at, sizeof(buf) - at);
				CHECK(k > 0);
				at += k;
			}
		}
		CHECK(wait(NULL) > 0);
		CHECK(getsockopt(s, SOL_SOCKET, SO_SNDBUF, &is, &n) == 0);
		if (lock)
			printf("locked: the send buffer %s\n", is > was ? "grew" : "is as it was");
		close(s);
		close(c);
	}
	close(l);
}

int main(void)
{
	int s;

	net_start();
	errors();
	locks("udp", AF_INET, SOCK_DGRAM);
	locks("tcp", AF_INET6, SOCK_STREAM);
	locks("unix", AF_UNIX, SOCK_STREAM);
	locks_of_streams();
	s = socket(AF_INET, SOCK_DGRAM, 0);
	show("extensions", s, EXTENSIONS);
	net_result("and set", set(s, EXTENSIONS, 1));
	return 0;
}
