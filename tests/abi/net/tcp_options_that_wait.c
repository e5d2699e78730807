// SPDX-License-Identifier: MPL-2.0
// TCP's options about waiting: DEFER_ACCEPT, NOTSENT_LOWAT, QUICKACK, SYNCNT, USER_TIMEOUT,
// WINDOW_CLAMP.
#include "../lib/net.h"
#include <netinet/tcp.h>

static void values(int s, const char *name, int option, const int *v, int n)
{
	socklen_t len = sizeof(int);
	int got = -1;

	CHECK(getsockopt(s, 6, option, &got, &len) == 0);
	printf("%s: %d\n", name, got);
	for (int i = 0; i < n; i++) {
		int r = setsockopt(s, 6, option, &v[i], sizeof(int));
		printf("%s of %d: %s", name, v[i], r ? t_errname(errno) : "0");
		len = sizeof(int);
		CHECK(getsockopt(s, 6, option, &got, &len) == 0);
		printf(", is %d\n", got);
	}
}

static int listener(union net_addr *at)
{
	int l = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t n = sizeof(*at);

	*at = net_addr("127.0.0.1", 0);
	CHECK(bind(l, &at->any, net_len(at)) == 0 && listen(l, 5) == 0);
	CHECK(getsockname(l, &at->any, &n) == 0);
	return l;
}

/* A connection is shown when its first data is there. */
static void deferred(void)
{
	union net_addr at;
	int l = listener(&at), c = socket(AF_INET, SOCK_STREAM, 0), ten = 10, a;
	struct pollfd p = { l, POLLIN, 0 };
	char b[8];

	CHECK(setsockopt(l, 6, TCP_DEFER_ACCEPT, &ten, sizeof(ten)) == 0);
	CHECK(connect(c, &at.any, net_len(&at)) == 0);
	T(poll(&p, 1, 100));
	CHECK(write(c, "data", 4) == 4);
	T(poll(&p, 1, 20000));
	a = accept(l, NULL, NULL);
	CHECK(a >= 0);
	T(recv(a, b, sizeof(b), MSG_DONTWAIT));
	close(a);
	close(c);
	c = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(connect(c, &at.any, net_len(&at)) == 0);
	CHECK(shutdown(c, SHUT_WR) == 0);
	T(poll(&p, 1, 20000));
	a = accept(l, NULL, NULL);
	CHECK(a >= 0);
	T(read(a, b, sizeof(b)));
	close(a);
	close(c);
	close(l);
}

/* Writable means that little is unsent, whatever room the send buffer has. */
static void unsent(void)
{
	static char big[1 << 20];
	union net_addr at;
	int l = listener(&at), c = socket(AF_INET, SOCK_STREAM, 0), a, low = 4096, small = 4096;
	struct pollfd p = { c, POLLOUT, 0 };
	ssize_t n, sum = 0;
	char b[65536];

	CHECK(setsockopt(l, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) == 0);
	CHECK(connect(c, &at.any, net_len(&at)) == 0);
	a = accept(l, NULL, NULL);
	CHECK(setsockopt(c, 6, TCP_NOTSENT_LOWAT, &low, sizeof(low)) == 0);
	T(poll(&p, 1, 0));
	/* More than the peer takes is left unsent. */
	for (int i = 0; i < 10 && (n = send(c, big, 20000, MSG_DONTWAIT)) > 0; i++)
		sum += n;
	T(poll(&p, 1, 0));
	while (sum > 0) {
		n = recv(a, b, sizeof(b), 0);
		CHECK(n > 0);
		sum -= n;
	}
	T(poll(&p, 1, 20000));
	close(a);
	close(c);
	close(l);
}

int main(void)
{
	static const int defer[] = { 1, 2, 10, 100, -1, 0 }, low[] = { 1, 65536, -1, 0 };
	static const int syn[] = { 1, 127, 128, 0, -1, 6 }, user[] = { 1, 5000, -1, 0 };
	static const int clamp[] = { 0, 1, 5000, -1, 1 << 20 }, quick[] = { 0, 1, 5 };
	static const int linger[] = { 1, 100, 120, 121, 1000, -1, 0 };
	int s;

	net_start();
	s = socket(AF_INET, SOCK_STREAM, 0);
	values(s, "defer", TCP_DEFER_ACCEPT, defer, T_LEN(defer));
	values(s, "low", TCP_NOTSENT_LOWAT, low, T_LEN(low));
	values(s, "syn", TCP_SYNCNT, syn, T_LEN(syn));
	values(s, "user timeout", TCP_USER_TIMEOUT, user, T_LEN(user));
	values(s, "clamp", TCP_WINDOW_CLAMP, clamp, T_LEN(clamp));
	values(s, "quick", TCP_QUICKACK, quick, T_LEN(quick));
	values(s, "linger", TCP_LINGER2, linger, T_LEN(linger));
	close(s);
	deferred();
	unsent();
	return 0;
}
