// SPDX-License-Identifier: MPL-2.0
// connect without waiting on TCP: what this call and the next ones say, whatever came of the attempt.
#include "../lib/net.h"

#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>

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

static void state(int s)
{
	struct pollfd p = { s, POLLIN | POLLOUT | POLLRDHUP, 0 };

	poll(&p, 1, 0);
	printf("polled %#x\n", p.revents);
}

/* A shutdown before there is a connection holds for the connection. */
static void early(void)
{
	int l = listener(8, 7445), s, c;

	printf("-- %s, shut down before it connects\n", where);
	for (int how = SHUT_RD; how <= SHUT_RDWR; how++) {
		s = made(0);
		net_result("shutdown", shutdown(s, how));
		state(s);
		again("connect", s, 7445);
		c = accept(l, NULL, NULL);
		state(s);
		net_result("send", send(s, "x", 1, MSG_NOSIGNAL));
		net_result("recv", recv(s, &(char){ 0 }, 1, MSG_DONTWAIT));
		net_result("shutdown", shutdown(s, SHUT_WR));
		state(s);
		close(c);
		close(s);
	}
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

static void unspec(int s)
{
	net_result("unspec", connect(s, &(struct sockaddr){ AF_UNSPEC }, sizeof(struct sockaddr)));
}

/* The end of the attempt is told by nobody when the socket is shut down. */
static void untold(void)
{
	int l = listener(8, 7444), s;

	printf("-- %s, shut down before the end is told\n", where);
	s = made(SOCK_NONBLOCK);
	again("at once", s, 7442);
	ended(s);
	net_result("shutdown", shutdown(s, SHUT_WR));
	net_result("listen", listen(s, 1));
	again("after a shutdown", s, 7442);
	error("the error", s);
	again("and again", s, 7444);
	net_result("listen", listen(s, 1));
	unspec(s);
	again("after that", s, 7444);
	ended(s);
	again("and again", s, 7444);
	close(s);
	s = made(SOCK_NONBLOCK);
	again("at once", s, 7444);
	ended(s);
	net_result("shutdown", shutdown(s, SHUT_RD));
	again("after a shutdown", s, 7444);
	error("no error", s);
	close(s);
	close(l);
}

static int told;

static void *waiter(void *s)
{
	union net_addr a = net_addr(where, 7443);

	told = connect(*(int *)s, &a.any, net_len(&a)) ? errno : 0;
	return NULL;
}

/* The socket is connecting: its state in TCP_INFO. */
static bool is_asking(int s)
{
	struct tcp_info i = { 0 };
	socklen_t n = sizeof(i);

	CHECK(getsockopt(s, SOL_TCP, TCP_INFO, &i, &n) == 0);
	return i.tcpi_state == TCP_SYN_SENT;
}

/* The attempt is shut down, by each of the ways, while nobody answers. */
static void asking(void)
{
	int l = listener(0, 7443), first = made(0), s;
	pthread_t t;

	printf("-- %s, shut down while it asks\n", where);
	again("the first", first, 7443);
	for (int how = SHUT_RD; how <= SHUT_RDWR; how++) {
		s = made(SOCK_NONBLOCK);
		again("at once", s, 7443);
		net_result("shutdown", shutdown(s, how));
		state(s);
		net_result("again", shutdown(s, how));
		error("the error", s);
		error("no more", s);
		state(s);
		again("anew", s, 7443);
		net_name("peer", s, true);
		net_result("shutdown", shutdown(s, how));
		net_result("recv", recv(s, &(char){ 0 }, 1, 0));
		net_result("send", send(s, "x", 1, MSG_NOSIGNAL));
		net_name("peer", s, true);
		net_result("listen", listen(s, 1));
		close(s);

		s = made(0);
		CHECK(pthread_create(&t, NULL, waiter, &s) == 0);
		while (!is_asking(s))
			sched_yield();
		net_result("shutdown", shutdown(s, how));
		CHECK(pthread_join(t, NULL) == 0);
		printf("connect that waits: %s\n", t_errname(told));
		error("no error", s);
		CHECK(fcntl(s, F_SETFL, O_NONBLOCK) == 0);
		again("anew", s, 7443);
		close(s);
	}
	close(first);
	close(l);
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
		early();
		bad();
		untold();
		neither();
		asking();
	}
	return 0;
}
