// SPDX-License-Identifier: MPL-2.0
// Who may bind which port beside whom: SO_REUSEADDR, SO_REUSEPORT, IPV6_V6ONLY, addresses. Who gets
// the datagrams then. What bind, connect and socket refuse.
#include "../lib/net.h"

static void option(int s, int level, int name)
{
	int one = 1;

	CHECK(setsockopt(s, level, name, &one, sizeof(one)) == 0);
}

struct how {
	const char *text;
	int reuse; // 0, SO_REUSEADDR, SO_REUSEPORT
	bool v6only;
};

static int try_bind(const struct how *h, int port)
{
	union net_addr a = net_addr(h->text, port);
	int s = socket(a.any.sa_family, SOCK_DGRAM, 0);

	if (h->reuse)
		option(s, SOL_SOCKET, h->reuse);
	if (h->v6only)
		option(s, IPPROTO_IPV6, IPV6_V6ONLY);
	if (bind(s, &a.any, net_len(&a))) {
		close(s);
		return -1;
	}
	return s;
}

static const struct how hows[] = { { "0.0.0.0", 0, false }, { "127.0.0.1", 0, false },
	{ "127.0.0.2", 0, false }, { "::", 0, false }, { "::", 0, true }, { "::1", 0, false },
	{ "0.0.0.0", SO_REUSEADDR, false }, { "127.0.0.1", SO_REUSEADDR, false },
	{ "::", SO_REUSEADDR, false }, { "0.0.0.0", SO_REUSEPORT, false },
	{ "::", SO_REUSEPORT, false }, { "::ffff:127.0.0.1", 0, false } };

static void pairs(void)
{
	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++) {
		printf("%-16s %2d %d:", hows[i].text, hows[i].reuse, hows[i].v6only);
		for (size_t j = 0; j < sizeof(hows) / sizeof(hows[0]); j++) {
			int a = try_bind(&hows[i], 7000), b = try_bind(&hows[j], 7000);
			printf(" %c", b >= 0 ? '+' : '-');
			CHECK(a >= 0);
			close(a);
			if (b >= 0)
				close(b);
		}
		printf("\n");
	}
}

static void refused(const char *what, int family, const char *text, int port, socklen_t len)
{
	union net_addr a = net_addr(text, port);
	int s = socket(family, SOCK_DGRAM, 0);

	net_result(what, bind(s, &a.any, len ? len : net_len(&a)));
	close(s);
}

static void to(int from, const char *text, int port, const char *what)
{
	union net_addr a = net_addr(text, port);

	if (sendto(from, what, strlen(what), 0, &a.any, net_len(&a)) < 0)
		printf("to %s: %s\n", text, t_errname(errno));
}

static void show(const char *what, int s)
{
	union net_addr from;
	socklen_t n;
	char b[64];
	ssize_t got;

	for (;;) {
		n = sizeof(from);
		got = recvfrom(s, b, sizeof(b), MSG_DONTWAIT, &from.any, &n);
		if (got < 0)
			break;
		printf("%s got %.*s", what, (int)got, b);
		net_show("", &from);
	}
}

/* The most exact socket gets the datagram. */
static void who_gets_it(void)
{
	struct how any4 = { "0.0.0.0", SO_REUSEADDR, false }, one4 = { "127.0.0.1", SO_REUSEADDR, false };
	struct how any6 = { "::", SO_REUSEADDR, false };
	int from4 = net_bound("127.0.0.1", 0), from6 = net_bound("::1", 0);
	int six = try_bind(&any6, 7001), any = try_bind(&any4, 7001), one = try_bind(&one4, 7001);
	int connected = try_bind(&one4, 7001);
	union net_addr peer = net_addr("127.0.0.1", net_port(from4));

	CHECK(connect(connected, &peer.any, net_len(&peer)) == 0);
	to(from4, "127.0.0.1", 7001, "a");
	to(from4, "127.0.0.2", 7001, "b");
	to(from6, "::1", 7001, "c");
	to(from6, "127.0.0.1", 7001, "d");
	show("connected", connected);
	show("one", one);
	show("any", any);
	show("six", six);
	close(connected);
	close(one);
	close(any);
	to(from4, "127.0.0.1", 7001, "e");
	show("six alone", six);
	net_name("six", six, false);
	close(six);
	close(from4);
	close(from6);
}

static void names(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0), t = socket(AF_INET6, SOCK_DGRAM, 0);
	union net_addr a = net_addr("127.0.0.1", 7), b = net_addr("::ffff:127.0.0.1", 7);

	net_name("fresh", s, false);
	net_name("fresh6", t, false);
	net_result("connect", connect(s, &a.any, net_len(&a)));
	net_name("connected", s, false);
	net_result("connect 6 to 4", connect(t, &b.any, net_len(&b)));
	net_name("connected", t, false);
	net_name("peer", t, true);
	a.any.sa_family = AF_UNSPEC;
	net_result("disconnect", connect(s, &a.any, net_len(&a)));
	net_name("disconnected", s, false);
	a = net_addr("0.0.0.0", 7);
	net_result("connect to any", connect(s, &a.any, net_len(&a)));
	net_name("peer", s, true);
	a = net_addr("255.255.255.255", 7);
	net_result("connect to all", connect(s, &a.any, net_len(&a)));
	a = net_addr("10.9.8.7", 7);
	net_result("no route", connect(s, &a.any, net_len(&a)));
	b = net_addr("2001:db8::1", 7);
	close(t);
	t = socket(AF_INET6, SOCK_DGRAM, 0);
	net_result("no route 6", connect(t, &b.any, net_len(&b)));
	close(s);
	close(t);
}

int main(void)
{
	net_start();
	pairs();
	who_gets_it();
	names();
	refused("short", AF_INET, "127.0.0.1", 7002, 8);
	refused("short 6", AF_INET6, "::1", 7002, 20);
	refused("not ours", AF_INET, "10.1.2.3", 7002, 0);
	refused("not ours 6", AF_INET6, "2001:db8::1", 7002, 0);
	refused("family", AF_INET, "::1", 7002, 0);
	refused("family 6", AF_INET6, "127.0.0.1", 7002, 0);
	refused("group", AF_INET, "224.1.2.3", 7002, 0);
	refused("link local", AF_INET6, "fe80::1", 7002, 0);
	net_result("protocol", socket(AF_INET, SOCK_DGRAM, 6));
	net_result("protocol too large", socket(AF_INET, SOCK_DGRAM, 300));
	net_result("rdm", socket(AF_INET, SOCK_RDM, 0));
	return 0;
}
