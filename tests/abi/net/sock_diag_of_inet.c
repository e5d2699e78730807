// SPDX-License-Identifier: MPL-2.0
// NETLINK_SOCK_DIAG tells of TCP, UDP and raw sockets: dumps, states, ports, single sockets,
// errors.
#include "../lib/diag.h"
#include <netinet/tcp.h>

#define EXT(n) (1 << ((n) - 1))
#define ALL                                                                                        \
	(EXT(INET_DIAG_MEMINFO) | EXT(INET_DIAG_INFO) | EXT(INET_DIAG_CONG) | EXT(INET_DIAG_TOS) | \
		EXT(INET_DIAG_TCLASS) | EXT(INET_DIAG_SKMEMINFO))

static int listener(const char *at, int port)
{
	union net_addr a = net_addr(at, port);
	int s = socket(a.any.sa_family, SOCK_STREAM, 0), one = 1;

	CHECK(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, 4) == 0);
	CHECK(bind(s, &a.any, net_len(&a)) == 0);
	CHECK(listen(s, 7) == 0);
	return s;
}

static int connected(const char *to, int port)
{
	union net_addr a = net_addr(to, port);
	int s = socket(a.any.sa_family, SOCK_STREAM, 0);

	CHECK(connect(s, &a.any, net_len(&a)) == 0);
	return s;
}

static int datagrams(const char *at, int port)
{
	union net_addr a = net_addr(at, port);
	int s = socket(a.any.sa_family, SOCK_DGRAM, 0);

	CHECK(bind(s, &a.any, net_len(&a)) == 0);
	return s;
}

static int unread(int s)
{
	int n = 0;

	CHECK(ioctl(s, FIONREAD, &n) == 0);
	return n;
}

static int unsent(int s)
{
	int n = 1;

	CHECK(ioctl(s, TIOCOUTQ, &n) == 0);
	return n;
}

static void tcp(int d)
{
	int l = listener("127.0.0.1", 27101), c = connected("127.0.0.1", 27101), a, l6, c6, c46, v,
	    w;
	struct tcp_info info;
	socklen_t n = sizeof(info);

	diag_queues = true;
	diag_ask("a listener with a connection in its queue", d,
		(struct diag_ask){ .family = AF_INET, .protocol = IPPROTO_TCP });
	a = accept(l, NULL, NULL);
	CHECK(a >= 0);
	diag_ask("accepted, with all that can be told", d,
		(struct diag_ask){ .family = AF_INET, .protocol = IPPROTO_TCP, .ext = ALL });
	CHECK(send(c, "hello", 5, 0) == 5);
	UNTIL(unread(a) == 5 && unsent(c) == 0);
	diag_ask("with data", d, (struct diag_ask){ .family = AF_INET, .protocol = IPPROTO_TCP });
	CHECK(shutdown(c, SHUT_WR) == 0);
	UNTIL(getsockopt(a, SOL_TCP, TCP_INFO, &info, &n) == 0 &&
		info.tcpi_state == TCP_CLOSE_WAIT &&
		getsockopt(c, SOL_TCP, TCP_INFO, &info, &n) == 0 &&
		info.tcpi_state == TCP_FIN_WAIT2);
	diag_queues = false; // Linux counts the FIN until it is read
	diag_ask("half closed", d, (struct diag_ask){ .family = AF_INET, .protocol = IPPROTO_TCP });
	diag_ask("listeners alone", d,
		(struct diag_ask){
			.family = AF_INET, .protocol = IPPROTO_TCP, .states = 1 << TCP_LISTEN });
	diag_ask("CLOSE_WAIT alone", d,
		(struct diag_ask){ .family = AF_INET,
			.protocol = IPPROTO_TCP,
			.states = 1 << TCP_CLOSE_WAIT });
	diag_ask("by the peer's port", d,
		(struct diag_ask){ .family = AF_INET, .protocol = IPPROTO_TCP, .dport = 27101 });
	diag_ask("by a port that nobody has", d,
		(struct diag_ask){ .family = AF_INET, .protocol = IPPROTO_TCP, .sport = 27199 });
	diag_ask("no IPv6", d, (struct diag_ask){ .family = AF_INET6, .protocol = IPPROTO_TCP });

	v = 0x20;
	w = 77;
	l6 = listener("::", 27102);
	CHECK(setsockopt(l6, IPPROTO_IPV6, IPV6_TCLASS, &v, 4) == 0);
	CHECK(setsockopt(l6, IPPROTO_IP, IP_TOS, &v, 4) == 0);
	CHECK(setsockopt(l6, SOL_SOCKET, SO_MARK, &w, 4) == 0);
	c6 = connected("::1", 27102);
	c46 = connected("127.0.0.1", 27102);
	diag_ask("IPv6, and IPv4 in IPv6", d,
		(struct diag_ask){
			AF_INET6, IPPROTO_TCP, .ext = EXT(INET_DIAG_TOS) | EXT(INET_DIAG_TCLASS) });
	diag_ask("the end in IPv4", d,
		(struct diag_ask){ .family = AF_INET, .protocol = IPPROTO_TCP, .dport = 27102 });

	// single ones
	diag_ask("a listener by its port", d,
		(struct diag_ask){ .family = AF_INET,
			.protocol = IPPROTO_TCP,
			.flags = DIAG_EXACT,
			.src = "127.0.0.1",
			.sport = 27101 });
	diag_ask("the same by its cookie", d,
		(struct diag_ask){ .family = AF_INET,
			.protocol = IPPROTO_TCP,
			.flags = DIAG_EXACT,
			.src = "127.0.0.1",
			.sport = 27101,
			.cookie = diag_cookie });
	diag_cookie[0] ^= 4096;
	diag_ask("with another cookie", d,
		(struct diag_ask){ .family = AF_INET,
			.protocol = IPPROTO_TCP,
			.flags = DIAG_EXACT,
			.src = "127.0.0.1",
			.sport = 27101,
			.cookie = diag_cookie });
	diag_ask("nobody", d,
		(struct diag_ask){ .family = AF_INET,
			.protocol = IPPROTO_TCP,
			.flags = DIAG_EXACT,
			.src = "127.0.0.1",
			.sport = 27199 });
	close(a), close(c), close(l), close(l6), close(c6), close(c46);
}

static void udp(int d)
{
	int a = datagrams("127.0.0.1", 27111), b = datagrams("::", 27112);
	union net_addr to = net_addr("127.0.0.1", 27111);
	int c = datagrams("127.0.0.1", 27113), one = 1;

	CHECK(connect(c, &to.any, net_len(&to)) == 0);
	CHECK(send(c, "x", 1, 0) == 1);
	UNTIL(unread(a) == 1);
	CHECK(setsockopt(a, IPPROTO_IP, IP_RECVERR, &one, 4) == 0);
	diag_ask("UDP", d,
		(struct diag_ask){ .family = AF_INET, .protocol = IPPROTO_UDP, .ext = ALL });
	diag_ask("UDP in IPv6", d,
		(struct diag_ask){ .family = AF_INET6, .protocol = IPPROTO_UDP });
	diag_ask("connected ones", d,
		(struct diag_ask){ .family = AF_INET,
			.protocol = IPPROTO_UDP,
			.states = 1 << TCP_ESTABLISHED });
	diag_ask("one", d,
		(struct diag_ask){ .family = AF_INET,
			.protocol = IPPROTO_UDP,
			.flags = DIAG_EXACT,
			.dst = "127.0.0.1",
			.dport = 27111,
			.src = "127.0.0.1",
			.sport = 27199 });
	diag_cookie[1]++;
	diag_ask("one with another cookie", d,
		(struct diag_ask){ .family = AF_INET,
			.protocol = IPPROTO_UDP,
			.flags = DIAG_EXACT,
			.dst = "127.0.0.1",
			.dport = 27111,
			.src = "127.0.0.1",
			.sport = 27199,
			.cookie = diag_cookie });
	diag_ask("none", d,
		(struct diag_ask){ .family = AF_INET,
			.protocol = IPPROTO_UDP,
			.flags = DIAG_EXACT,
			.dst = "127.0.0.1",
			.dport = 27198,
			.src = "127.0.0.1",
			.sport = 27199 });
	close(a), close(b), close(c);
}

static void raw(int d)
{
	int a = socket(AF_INET, SOCK_RAW, 254), b = socket(AF_INET6, SOCK_RAW, 253);
	union net_addr to = net_addr("127.0.0.1", 0);

	CHECK(a >= 0 && b >= 0);
	diag_low = 253, diag_high = 254;
	diag_ask("raw", d, (struct diag_ask){ .family = AF_INET, .protocol = IPPROTO_RAW });
	diag_ask("raw in IPv6", d,
		(struct diag_ask){ .family = AF_INET6, .protocol = IPPROTO_RAW });
	CHECK(connect(a, &to.any, net_len(&to)) == 0);
	diag_ask("connected", d, (struct diag_ask){ .family = AF_INET, .protocol = IPPROTO_RAW });
	close(a), close(b);
}

static void errors(int d)
{
	struct nl_message m;
	struct inet_diag_req_v2 *r;

	diag_ask("a protocol without sockets", d,
		(struct diag_ask){ .family = AF_INET, .protocol = 250 });
	diag_ask("one of it", d,
		(struct diag_ask){ .family = AF_INET, .protocol = 250, .flags = DIAG_EXACT });
	diag_ask("no family", d, (struct diag_ask){ .family = AF_UNSPEC, .protocol = IPPROTO_TCP });
	diag_ask("a family that is none", d,
		(struct diag_ask){ .family = 200, .protocol = IPPROTO_TCP });
	diag_ask("another type", d,
		(struct diag_ask){ .family = AF_INET, .protocol = IPPROTO_TCP, .type = 23 });
	r = nl_new(&m, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, sizeof(*r) - 4);
	r->sdiag_family = AF_INET;
	nl_ask("a short request", d, &m);
	nl_new(&m, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, 0);
	nl_ask("an empty request", d, &m);
}

int main(void)
{
	int d;

	net_start();
	d = nl_socket(NETLINK_SOCK_DIAG, 0);
	diag_low = 27100, diag_high = 27199;
	tcp(d);
	udp(d);
	raw(d);
	errors(d);
	// nobody but root may listen to its groups
	if (fork() == 0) {
		struct sockaddr_nl a = { .nl_family = AF_NETLINK };
		int s;

		CHECK(setuid(65534) == 0);
		s = socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
		T(bind(s, (struct sockaddr *)&a, sizeof(a)));
		a.nl_groups = 1;
		T(bind(s, (struct sockaddr *)&a, sizeof(a)));
		_exit(0);
	}
	wait(NULL);
	return 0;
}
