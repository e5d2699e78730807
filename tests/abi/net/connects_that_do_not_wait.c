// SPDX-License-Identifier: MPL-2.0
// connect without waiting on TCP: what this call and the next ones say, whatever came of the attempt.
#include "../lib/net.h"

static const char *where;

static int listener(int backlog, int port)
{
	union net_addr a = net_addr(where, port);
	int l = socket(a.any.sa_family, SOCK_STREAM, 0), on = 1;

	CHECK(setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0);
	CHECK(bind(l, &a.any, net_len(&a)) == 0 && listen(l, backlog) == 0);
	return l;
}

static int made(int flags)
{
	return socket(strchr(where, ':') ? AF_INET6 : AF_INET, SOCK_STREAM | flags, 0);
}

static void again(const char *what, int s, int port)
{
	union net_addr a = net_addr(where, port);

	net_result(what, connect(s, &a.any, net_len(&a)));
}

static void ended(int s)
{
	struct pollfd p = { s, POLLOUT, 0 };

	CHECK(poll(&p, 1, 20000) == 1);
}

static void error(const char *what, int s)
{
	int v = -1;
	socklen_t n = sizeof(v);

	CHECK(getsockopt(s, SOL_SOCKET, SO_ERROR, &v, &n) == 0);
	printf("%s: %s\n", what, t_errname(v));
}

static void good(void)
{
	int l = listener(8, 7441), s, c;

	printf("-- %s, accepted\n", where);
	s = made(SOCK_NONBLOCK);
	again("at once", s, 7441);
	ended(s);
	error("no error", s);
	again("the second", s, 7441);
	again("the third", s, 7441);
	close(s);
	s = made(SOCK_NONBLOCK);
	again("at once", s, 7441);
	ended(s);
	CHECK(send(s, "x", 1, 0) == 1);
	net_name("peer", s, true);
	again("after a send", s, 7441);
	again("and again", s, 7441);
	close(s);
	s = made(SOCK_NONBLOCK);
	again("at once", s, 7441);
	ended(s);
	net_result("shutdown", shutdown(s, SHUT_WR));
	again("after a shutdown", s, 7441);
	close(s);
	s = made(SOCK_NONBLOCK);
	again("at once", s, 7441);
	ended(s);
	net_result("unspec", connect(s, &(struct sockaddr){ AF_UNSPEC }, sizeof(struct sockaddr)));
	again("after that", s, 7441);
	ended(s);
	CHECK(fcntl(s, F_SETFL, 0) == 0);
	again("one that waits", s, 7441);
	again("and again", s, 7441);
	close(s);
	s = made(0);
	again("one that waits", s, 7441);
	again("and again", s, 7441);
	close(s);
	for (int i = 0; i < 6; i++)
		close(accept(l, NULL, NULL));
	s = made(SOCK_NONBLOCK);
	again("at once", s, 7441);
	c = accept(l, NULL, NULL);
	ended(s);
	CHECK(send(s, "x", 1, 0) == 1);
	CHECK(recv(c, &(char){ 0 }, 1, MSG_PEEK) == 1);
	close(c);
	CHECK(poll(&(struct pollfd){ s, POLLIN, 0 }, 1, 20000) == 1);
	again("after a reset", s, 7441);
	again("and again", s, 7441);
	close(s);
	close(l);
}

static void bad(void)
{
	int s;

	printf("-- %s, refused\n", where);
	s = made(SOCK_NONBLOCK);
	again("at once", s, 7442);
	ended(s);
	net_result("listen", listen(s, 1));
	again("the second", s, 7442);
	again("the third", s, 7442);
	ended(s);
	error("the error", s);
	again("after the error", s, 7442);
	again("and again", s, 7442);
	ended(s);
	CHECK(fcntl(s, F_SETFL, 0) == 0);
	again("one that waits", s, 7442);
	again("and again", s, 7442);
	net_result("listen", listen(s, 1));
	close(s);
}

/* The queue of the listener is full, so nobody answers. */
static void neither(void)
{
	int l = listener(0, 7443), first = made(0), s = made(SOCK_NONBLOCK);

	printf("-- %s, not answered\n", where);
	again("the first", first, 7443);
	again("at once", s, 7443);
	again("the second", s, 7443);
	again("the third", s, 7443);
	net_result("listen", listen(s, 1));
	net_result("shutdown", shutdown(s, SHUT_RDWR));
	again("after a shutdown", s, 7443);
	again("and again", s, 7443);
	net_result("unspec", connect(s, &(struct sockaddr){ AF_UNSPEC }, sizeof(struct sockaddr)));
	again("after that", s, 7443);
	again("and again", s, 7443);
	close(s);
	close(first);
	close(l);
}

int main(void)
{
	net_start();
	for (int i = 0; i < 2; i++) {
		where = i ? "::1" : "127.0.0.1";
		good();
		bad();
		neither();
	}
	return 0;
}
