// SPDX-License-Identifier: MPL-2.0
// Who may listen where, and which ports connect takes: conflicts as bind and listen see them, over
// lo.
#include "../lib/net.h"

#include <netinet/tcp.h>

static char back[100];

static int stream(const char *text)
{
	int s = socket(strchr(text, ':') ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

	CHECK(s >= 0);
	return s;
}

static void set(int s, int level, int name)
{
	int one = 1;

	CHECK(setsockopt(s, level, name, &one, sizeof(one)) == 0);
}

static int at(int s, const char *text, int port)
{
	union net_addr a = net_addr(text, port);

	return bind(s, &a.any, net_len(&a));
}

static int to(int s, const char *text, int port)
{
	union net_addr a = net_addr(text, port);

	return connect(s, &a.any, net_len(&a));
}

/* Both are bound first, which SO_REUSEADDR lets them; then both want to listen. */
static void both(const char *one, const char *two, int option)
{
	int a = stream(one), b = stream(two);

	printf("---- %s and %s, option %d\n", one, two, option);
	if (option) {
		set(a, SOL_SOCKET, option);
		set(b, SOL_SOCKET, option);
	}
	net_result("bind", at(a, one, 18080));
	net_result("bind", at(b, two, 18080));
	net_result("listen", listen(a, 5));
	net_result("listen", listen(b, 5));
	net_result("again", listen(a, 7));
	net_result("stop", shutdown(a, SHUT_RD));
	net_result("the other", listen(b, 5));
	net_result("and back", listen(a, 5));
	close(a);
	net_result("alone", listen(b, 5));
	close(b);
}

/* A server is started again while connections of the old one live, and while they wait. */
static void restart(const char *text)
{
	int l = stream(text), a = stream(text), b, c;

	printf("---- restart at %s\n", text);
	set(l, SOL_SOCKET, SO_REUSEADDR);
	net_result("bind", at(l, text, 18081));
	CHECK(listen(l, 5) == 0);
	CHECK(to(a, text, 18081) == 0);
	b = accept(l, NULL, NULL);
	c = stream(text);
	net_result("no option", at(c, text, 18081));
	set(c, SOL_SOCKET, SO_REUSEADDR);
	net_result("while it listens", at(c, text, 18081));
	close(l);
	net_result("while a connection lives", at(c, text, 18081));
	net_result("listen", listen(c, 5));
	close(b);
	net_result("end", recv(a, back, 1, 0));
	close(a);
	close(c);
	c = stream(text);
	net_result("in TIME_WAIT", at(c, text, 18081));
	set(c, SOL_SOCKET, SO_REUSEADDR);
	net_result("with the option", at(c, text, 18081));
	net_result("listen", listen(c, 5));
	close(c);
}

/* Ports that connect has taken. */
static void connected(const char *text)
{
	union net_addr me = { 0 };
	socklen_t n = sizeof(me);
	int l = stream(text), m = stream(text), a = stream(text), b = stream(text),
	    c = stream(text);
	int port;

	printf("---- connected at %s\n", text);
	CHECK(at(l, text, 18082) == 0 && listen(l, 5) == 0);
	CHECK(at(m, text, 18083) == 0 && listen(m, 5) == 0);
	CHECK(to(a, text, 18082) == 0);
	CHECK(getsockname(a, &me.any, &n) == 0);
	port = ntohs(me.in.sin_port);
	net_result("bind to its port", at(b, text, port));
	set(b, SOL_SOCKET, SO_REUSEADDR);
	net_result("with the option", at(b, text, port));
	set(a, SOL_SOCKET, SO_REUSEADDR);
	net_result("with both", at(b, text, port));
	net_result("to another", to(b, text, 18083));
	net_result("to the same",
		(set(c, SOL_SOCKET, SO_REUSEADDR), at(c, text, port)) ?: to(c, text, 18082));
	net_result("listen of a connection", listen(a, 1));
	close(a);
	close(b);
	close(c);
	close(l);
	close(m);
}

/* The connection exists already: the address that connect had chosen is given back. */
static void taken(const char *any, const char *text)
{
	int l = stream(text), m = stream(text), a = stream(text), b = stream(text);

	printf("---- taken at %s\n", text);
	set(a, SOL_SOCKET, SO_REUSEADDR);
	set(b, SOL_SOCKET, SO_REUSEADDR);
	CHECK(at(l, text, 18084) == 0 && listen(l, 5) == 0);
	CHECK(at(m, text, 18085) == 0 && listen(m, 5) == 0);
	CHECK(at(a, any, 18086) == 0 && at(b, any, 18086) == 0);
	CHECK(to(a, text, 18084) == 0);
	net_result("once more", to(b, text, 18084));
	net_name("its address", b, false);
	net_name("its peer", b, true);
	net_result("to another", to(b, text, 18085));
	net_name("its address", b, false);
	close(a);
	close(b);
	close(l);
	close(m);
}

/* IP_BIND_ADDRESS_NO_PORT: an address now, the port later. */
static void no_port(void)
{
	union net_addr me = { 0 };
	socklen_t n = sizeof(me);
	int l = stream("127.0.0.1"), a = stream("127.0.0.1");

	puts("---- no port");
	CHECK(at(l, "127.0.0.1", 18084) == 0 && listen(l, 5) == 0);
	set(a, IPPROTO_IP, 24);
	net_result("bind", at(a, "127.0.0.2", 0));
	net_name("own", a, false);
	net_result("bind again", at(a, "127.0.0.3", 0));
	net_name("own", a, false);
	net_result("connect", to(a, "127.0.0.1", 18084));
	net_name("own", a, false);
	CHECK(getsockname(a, &me.any, &n) == 0);
	net_result("disconnect", connect(a, &(struct sockaddr){ .sa_family = AF_UNSPEC }, 16));
	net_result("connect", to(a, "127.0.0.1", 18084));
	close(a);
	close(l);
}

/* ::ffff:0.0.0.0 is every address of IPv4, and none of IPv6. */
static void mapped(void)
{
	int l = stream("::"), a = stream("127.0.0.1"), b = stream("::"), c = stream("::");

	puts("---- mapped");
	net_result("bind", at(l, "::ffff:0.0.0.0", 18085));
	net_name("own", l, false);
	net_result("listen", listen(l, 5));
	net_result("by IPv4", to(a, "127.0.0.1", 18085));
	net_result("by IPv6", to(b, "::1", 18085));
	net_result("IPv4 in the way", at(c, "::ffff:127.0.0.1", 18085));
	set(c, IPPROTO_IPV6, IPV6_V6ONLY);
	net_result("only IPv6", at(c, "::", 18085));
	close(a);
	close(b);
	close(c);
	close(l);
}

static int port_of(int s)
{
	union net_addr me;
	socklen_t n = sizeof(me);

	CHECK(getsockname(s, &me.any, &n) == 0);
	return ntohs(me.in.sin_port);
}

/* The port of a connection that is over is still shown, until there is another one. */
static void former_ports(void)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct linger hard = { 1, 0 };
	int l = stream("127.0.0.1"), a = stream("127.0.0.1"), b, port;
	char c;

	puts("---- former ports");
	SHOW(port_of(a));
	CHECK(at(l, "127.0.0.1", 18088) == 0 && listen(l, 5) == 0);
	CHECK(to(a, "127.0.0.1", 18088) == 0);
	port = port_of(a);
	b = accept(l, NULL, NULL);
	CHECK(b >= 0);
	net_result("disconnect", connect(a, &none, sizeof(none)));
	IS(port_of(a) == port);
	net_result("recv", recv(b, &c, 1, 0));
	close(b);
	CHECK(to(a, "127.0.0.1", 18088) == 0);
	port = port_of(a);
	b = accept(l, NULL, NULL);
	CHECK(setsockopt(b, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)) == 0);
	close(b);
	net_result("recv", recv(a, &c, 1, 0));
	IS(port_of(a) == port);
	close(a);
	close(l);
	a = stream("127.0.0.1");
	net_result("connect", to(a, "127.0.0.1", 18088));
	IS(port_of(a) != 0);
	net_result("bind", at(a, "127.0.0.1", 18089));
	SHOW(port_of(a));
	close(a);
}

/* Disconnected listeners and sockets; a connection that was reset in the queue. */
static void ends(void)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct linger hard = { 1, 0 };
	union net_addr peer = { 0 };
	socklen_t n = sizeof(peer);
	int l = stream("127.0.0.1"), a = stream("127.0.0.1"), b;

	puts("---- ends");
	CHECK(at(l, "127.0.0.1", 18086) == 0 && listen(l, 5) == 0);
	CHECK(to(a, "127.0.0.1", 18086) == 0);
	CHECK(setsockopt(a, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)) == 0);
	close(a);
	b = accept(l, &peer.any, &n);
	IS(b >= 0);
	IS(n == sizeof(peer.in) && peer.in.sin_port != 0);
	net_name("peer", b, true);
	net_result("recv", recv(b, back, 1, 0));
	net_result("no error queue", recv(b, back, 1, MSG_ERRQUEUE | MSG_DONTWAIT));
	close(b);
	a = stream("127.0.0.1");
	CHECK(to(a, "127.0.0.1", 18086) == 0);
	net_result("disconnect of a listener", connect(l, &none, sizeof(none)));
	net_result("recv", recv(a, back, 1, 0));
	net_result("accept", accept(l, NULL, NULL));
	net_name("own", l, false);
	net_result("listen", listen(l, 5));
	close(a);
	a = stream("127.0.0.1");
	net_result("connect", to(a, "127.0.0.1", 18086));
	b = accept(l, NULL, NULL);
	net_result("send", send(b, "abc", 3, 0));
	net_result("error queue", recv(a, back, 1, MSG_ERRQUEUE | MSG_DONTWAIT));
	net_result("data", recv(a, back, 10, 0));
	net_result("disconnect", connect(a, &none, sizeof(none)));
	net_result("recv", recv(b, back, 1, 0));
	net_result("recv", recv(a, back, 1, 0));
	net_result("recv", recv(a, back, 1, 0));
	net_result("listen", listen(a, 1));
	net_result("stop", shutdown(a, SHUT_RD));
	net_result("connect", to(a, "127.0.0.1", 18086));
	net_result("disconnect", connect(a, &none, sizeof(none)));
	net_result("connect", to(a, "127.0.0.1", 18086));
	close(a);
	close(b);
	close(l);
}

static void other_user(void)
{
	int a = stream("0.0.0.0"), s;
	pid_t pid;

	puts("---- another user");
	set(a, SOL_SOCKET, SO_REUSEPORT);
	CHECK(at(a, "0.0.0.0", 18087) == 0 && listen(a, 5) == 0);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		CHECK(setuid(1234) == 0);
		s = stream("127.0.0.1");
		set(s, SOL_SOCKET, SO_REUSEPORT);
		net_result("reuse of a port", at(s, "127.0.0.1", 18087));
		fflush(stdout);
		_exit(0);
	}
	CHECK(waitpid(pid, NULL, 0) == pid);
	s = stream("127.0.0.1");
	set(s, SOL_SOCKET, SO_REUSEPORT);
	net_result("by the same", at(s, "127.0.0.1", 18087));
	net_result("listen", listen(s, 5));
	close(s);
	close(a);
}

static void traffic_class(void)
{
	int s = stream("::"), v = 255;
	socklen_t n = sizeof(v);

	net_result("class", setsockopt(s, IPPROTO_IPV6, IPV6_TCLASS, &v, sizeof(v)));
	CHECK(getsockopt(s, IPPROTO_IPV6, IPV6_TCLASS, &v, &n) == 0);
	printf("  %d\n", v);
	close(s);
}

/* A connection's socket joins no group. */
static void groups(void)
{
	struct ip_mreqn r = { .imr_ifindex = if_nametoindex("lo"),
		.imr_multiaddr.s_addr = htonl(0xe1000001) };
	struct ipv6_mreq r6 = { .ipv6mr_interface = r.imr_ifindex };
	int s = stream("127.0.0.1"), t = stream("::1");

	CHECK(inet_pton(AF_INET6, "ff02::1234", &r6.ipv6mr_multiaddr) == 1);
	net_result("join", setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &r, sizeof(r)));
	net_result("leave", setsockopt(s, IPPROTO_IP, IP_DROP_MEMBERSHIP, &r, sizeof(r)));
	net_result("join", setsockopt(t, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &r6, sizeof(r6)));
	net_result("leave", setsockopt(t, IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP, &r6, sizeof(r6)));
	close(s);
	close(t);
}

/* A listener of the very address has the connection, also beside one that is bound to the device. */
static void address_before_device(bool address_first, int port)
{
	int any = stream("0.0.0.0"), own = stream("127.0.0.1"), c[20], n = 0;

	CHECK(setsockopt(any, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) == 0);
	set(any, SOL_SOCKET, SO_REUSEPORT);
	set(own, SOL_SOCKET, SO_REUSEPORT);
	CHECK(at(any, "0.0.0.0", port) == 0 && at(own, "127.0.0.1", port) == 0);
	CHECK(listen(address_first ? own : any, 30) == 0);
	CHECK(listen(address_first ? any : own, 30) == 0);
	for (int i = 0; i < 20; i++) {
		c[i] = stream("127.0.0.1");
		CHECK(to(c[i], "127.0.0.1", port) == 0);
	}
	/* connect() may return before its last segment has reached the listener. */
	for (int i = 0; i < 20; i++) {
		struct pollfd p[2] = { { .fd = own, .events = POLLIN },
			{ .fd = any, .events = POLLIN } };

		CHECK(poll(p, 2, 10000) > 0);
		close(accept(p[0].revents ? own : any, NULL, NULL));
		n += p[0].revents != 0;
	}
	printf("the address has %d, the device %d\n", n, 20 - n);
	for (int i = 0; i < 20; i++)
		close(c[i]);
	close(any);
	close(own);
}

int main(void)
{
	net_start();
	groups();
	both("127.0.0.1", "127.0.0.1", 0);
	both("0.0.0.0", "127.0.0.1", SO_REUSEADDR);
	both("127.0.0.1", "0.0.0.0", SO_REUSEADDR);
	both("127.0.0.1", "127.0.0.2", SO_REUSEADDR);
	both("::", "0.0.0.0", SO_REUSEADDR);
	both("::1", "0.0.0.0", SO_REUSEADDR);
	both("::", "127.0.0.1", SO_REUSEPORT);
	both("127.0.0.1", "127.0.0.1", SO_REUSEPORT);
	restart("127.0.0.1");
	restart("::1");
	connected("127.0.0.1");
	connected("::1");
	taken("0.0.0.0", "127.0.0.1");
	taken("::", "::1");
	no_port();
	mapped();
	former_ports();
	ends();
	other_user();
	traffic_class();
	address_before_device(true, 18190);
	address_before_device(false, 18191);
	return 0;
}
