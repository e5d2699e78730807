// SPDX-License-Identifier: MPL-2.0
// Connections over lo, by IPv4 and IPv6: states as calls and poll show them, shutdown, resets,
// options.
#include "../lib/net.h"

#include <netinet/tcp.h>

static char big[300000], back[300000];

static void ready(const char *what, int s)
{
	struct pollfd p = { s, POLLIN | POLLOUT | POLLRDHUP | POLLPRI, 0 };

	poll(&p, 1, 0);
	printf("%s: %#x\n", what, p.revents);
}

static int stream(const char *text)
{
	int s = socket(strchr(text, ':') ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

	CHECK(s >= 0);
	return s;
}

static void pair(const char *text, int *l, int *a, int *b)
{
	union net_addr at = net_addr(text, 0);
	socklen_t n = sizeof(at);

	*l = stream(text);
	CHECK(bind(*l, &at.any, net_len(&at)) == 0 && listen(*l, 8) == 0);
	CHECK(getsockname(*l, &at.any, &n) == 0);
	*a = stream(text);
	CHECK(connect(*a, &at.any, net_len(&at)) == 0);
	*b = accept(*l, NULL, NULL);
	CHECK(*b >= 0);
}

static void get(const char *what, int s, int level, int name)
{
	int v = -1;
	socklen_t n = sizeof(v);

	net_result(what, getsockopt(s, level, name, &v, &n));
	printf("  %d, %u bytes\n", v, n);
}

static void basics(const char *text)
{
	int l, a, b, n = 0;

	printf("---- %s\n", text);
	a = stream(text);
	ready("new", a);
	net_result("send", send(a, big, 1, MSG_NOSIGNAL));
	net_result("recv", recv(a, big, 1, 0));
	net_result("shutdown", shutdown(a, SHUT_RDWR));
	net_name("peer", a, true);
	close(a);
	pair(text, &l, &a, &b);
	ready("listener", l);
	ready("connected", a);
	net_name("peer", a, true);
	net_name("own", b, false);
	net_result("send", send(a, "hello", 5, 0));
	ready("data", b);
	ioctl(b, FIONREAD, &n);
	printf("FIONREAD %d\n", n);
	net_result("peek", recv(b, back, 3, MSG_PEEK));
	net_result("recv", recv(b, back, 100, 0));
	net_result("none", recv(b, back, 100, MSG_DONTWAIT));
	net_result("oob", send(a, "abc", 3, MSG_OOB));
	ready("urgent", b);
	net_result("before the mark", recv(b, back, 100, 0));
	net_result("the byte", recv(b, back, 1, MSG_OOB));
	printf("  %c\n", back[0]);
	net_result("again", recv(b, back, 1, MSG_OOB));
	net_result("shutdown", shutdown(a, SHUT_WR));
	ready("after FIN", b);
	ready("half closed", a);
	net_result("end", recv(b, back, 100, 0));
	net_result("send after shutdown", send(a, big, 1, MSG_NOSIGNAL));
	net_result("the other way", send(b, big, 10, 0));
	net_result("arrives", recv(a, back, 100, 0));
	close(b);
	net_result("end", recv(a, back, 100, 0));
	ready("both ended", a);
	close(a);
	close(l);
}

static void ends(const char *text)
{
	union net_addr at = net_addr(text, 0), none = net_addr(text, 1);
	socklen_t len = sizeof(at);
	struct linger hard = { 1, 0 };
	int l, a, b;

	pair(text, &l, &a, &b);
	setsockopt(b, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(b);
	ready("reset", a);
	net_result("recv", recv(a, back, 10, 0));
	net_result("recv again", recv(a, back, 10, 0));
	net_result("send", send(a, back, 10, MSG_NOSIGNAL));
	CHECK(getsockname(l, &at.any, &len) == 0);
	net_result("connect again", connect(a, &at.any, len));
	close(a);
	net_result("refused", connect(a = stream(text), &none.any, net_len(&none)));
	ready("refused", a);
	net_result("then connect", connect(a, &at.any, len));
	net_result("connected already", connect(a, &at.any, len));
	b = accept(l, NULL, NULL);
	net_result("unread data", send(a, big, 10, 0));
	close(b);
	net_result("recv", recv(a, back, 10, 0));
	close(a);
	net_result("accept none", (fcntl(l, F_SETFL, O_NONBLOCK), accept(l, NULL, NULL)));
	net_result("connect of a listener", connect(l, &at.any, len));
	net_result("recv of a listener", recv(l, back, 1, 0));
	close(l);
}

static void options(void)
{
	static const struct {
		const char *name;
		int level, number, value;
	} all[] = { { "TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, 5 },
		{ "TCP_CORK", IPPROTO_TCP, TCP_CORK, 1 },
		{ "TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, 100 },
		{ "TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, 0 },
		{ "TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL, 7 },
		{ "TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT, 128 },
		{ "TCP_SYNCNT", IPPROTO_TCP, TCP_SYNCNT, 3 },
		{ "TCP_LINGER2", IPPROTO_TCP, TCP_LINGER2, 20 },
		{ "TCP_MAXSEG", IPPROTO_TCP, TCP_MAXSEG, 1000 },
		{ "TCP_MAXSEG", IPPROTO_TCP, TCP_MAXSEG, 10 },
		{ "TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT, 1234 },
		{ "unknown", IPPROTO_TCP, 999, 1 } };
	char name[16] = "";
	socklen_t n = sizeof(name);
	int s = stream("127.0.0.1");

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		net_result(all[i].name,
			setsockopt(s, all[i].level, all[i].number, &all[i].value, sizeof(int)));
		get("  get", s, all[i].level, all[i].number);
	}
	net_result("congestion", setsockopt(s, IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
	net_result("get", getsockopt(s, IPPROTO_TCP, TCP_CONGESTION, name, &n));
	printf("  %s %u\n", name, n);
	net_result("unknown one", setsockopt(s, IPPROTO_TCP, TCP_CONGESTION, "no-such", 7));
	get("SO_TYPE", s, SOL_SOCKET, SO_TYPE);
	get("SO_PROTOCOL", s, SOL_SOCKET, SO_PROTOCOL);
	get("SO_ACCEPTCONN", s, SOL_SOCKET, SO_ACCEPTCONN);
	net_result("listen without a name", listen(s, 1));
	get("SO_ACCEPTCONN", s, SOL_SOCKET, SO_ACCEPTCONN);
	close(s);
}

/* A child sends all of it and closes at once: nothing is lost. */
static void whole(const char *text)
{
	int l, a, b;
	size_t at = 0;
	ssize_t n;

	pair(text, &l, &a, &b);
	if (fork() == 0) {
		CHECK(write(a, big, sizeof(big)) == sizeof(big));
		_exit(0);
	}
	close(a);
	while ((n = read(b, back + at, sizeof(back) - at)) > 0)
		at += n;
	printf("whole: %zu, same %d\n", at, !memcmp(big, back, sizeof(big)));
	wait(NULL);
	close(b);
	close(l);
}

int main(void)
{
	net_start();
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7 + i / 251);
	basics("127.0.0.1");
	basics("::1");
	ends("127.0.0.1");
	ends("::1");
	options();
	whole("127.0.0.1");
	whole("::1");
	return 0;
}
