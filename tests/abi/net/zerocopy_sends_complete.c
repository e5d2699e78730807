// SPDX-License-Identifier: MPL-2.0
// SO_ZEROCOPY: numbers of sends, completions and their ranges, sends that have none, limits, errors.
#include "../lib/stamps.h"
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define ZEROCOPY 0x4000000

static char big[300000];

static int zerocopy(int s, int v)
{
	return setsockopt(s, SOL_SOCKET, SO_ZEROCOPY, &v, sizeof(v));
}

static void show_option(const char *what, int s)
{
	int v = -1;
	socklen_t n = sizeof(v);

	CHECK(getsockopt(s, SOL_SOCKET, SO_ZEROCOPY, &v, &n) == 0);
	printf("%s: %d\n", what, v);
}

static int tcp_pair(const char *text, bool from_listener, int *other)
{
	union net_addr a = net_addr(text, 0);
	socklen_t n = sizeof(a);
	int l = socket(a.any.sa_family, SOCK_STREAM, 0), s;

	CHECK(bind(l, &a.any, net_len(&a)) == 0 && listen(l, 1) == 0);
	CHECK(getsockname(l, &a.any, &n) == 0);
	if (from_listener)
		CHECK(zerocopy(l, 1) == 0);
	s = socket(a.any.sa_family, SOCK_STREAM, 0);
	CHECK(connect(s, &a.any, net_len(&a)) == 0);
	*other = accept(l, NULL, NULL);
	CHECK(*other >= 0);
	close(l);
	return s;
}

static void read_all(int s, size_t n)
{
	static char buf[65536];

	while (n) {
		ssize_t k = read(s, buf, n < sizeof(buf) ? n : sizeof(buf));
		CHECK(k > 0);
		n -= k;
	}
}

/* Completions come in one range or several: all up to number @to. */
static void completed(const char *what, int s, unsigned from, unsigned to)
{
	unsigned next = from, code = 1;

	while (next != to + 1) {
		char control[128] = { 0 };
		struct msghdr m = { .msg_control = control, .msg_controllen = sizeof(control) };
		struct pollfd p = { s, 0, 0 };
		struct sock_extended_err ee;
		struct cmsghdr *c;

		CHECK(poll(&p, 1, 20000) == 1 && p.revents == POLLERR);
		CHECK(recvmsg(s, &m, MSG_ERRQUEUE) == 0);
		c = CMSG_FIRSTHDR(&m);
		CHECK(c && c->cmsg_len >= CMSG_LEN(sizeof(ee)));
		memcpy(&ee, CMSG_DATA(c), sizeof(ee));
		if (ee.ee_origin != 5 || ee.ee_info != next || ee.ee_data - next > to - next) {
			printf("%s: origin %d, %u to %u\n", what, ee.ee_origin, ee.ee_info,
				ee.ee_data);
			return;
		}
		code &= ee.ee_code;
		next = ee.ee_data + 1;
	}
	printf("%s: %u to %u, code %u\n", what, from, to, code);
}

static void of_tcp(const char *text)
{
	struct pollfd p;
	size_t filled = 0;
	int other, s = tcp_pair(text, false, &other), status;
	ssize_t n;

	printf("-- tcp %s\n", text);
	show_option("at first", s);
	CHECK(send(s, big, 10, ZEROCOPY) == 10);
	read_all(other, 10);
	net_result("two", zerocopy(s, 2));
	net_result("less than none", zerocopy(s, -1));
	net_result("on", zerocopy(s, 1));
	show_option("on", s);
	CHECK(send(s, big, 10, 0) == 10);
	read_all(other, 10);
	stamps_get("none so far", s, false, 16);
	CHECK(send(s, big, 1000, ZEROCOPY) == 1000);
	read_all(other, 1000);
	stamps_get("one", s, true, 16);
	stamps_get("and no more", s, false, 16);
	for (int i = 0; i < 3; i++)
		CHECK(send(s, big, 5000, ZEROCOPY) == 5000);
	read_all(other, 15000);
	completed("three", s, 1, 3);
	net_result("of nothing", send(s, big, 0, ZEROCOPY));
	net_result("of nowhere", send(s, (void *)16, 100, ZEROCOPY));
	p = (struct pollfd){ s, POLLIN, 0 };
	SHOW(poll(&p, 1, 0));
	CHECK(send(s, big, 100, ZEROCOPY) == 100);
	read_all(other, 100);
	completed("the next", s, 4, 4);
	if (!fork()) {
		read_all(other, sizeof(big));
		_exit(0);
	}
	CHECK(send(s, big, sizeof(big), ZEROCOPY) == sizeof(big));
	CHECK(wait(&status) > 0 && !status);
	completed("a long one", s, 5, 5);
	while ((n = send(s, big, sizeof(big), MSG_DONTWAIT)) > 0)
		filled += n;
	net_result("no room", send(s, big, 10, MSG_DONTWAIT | ZEROCOPY));
	read_all(other, filled);
	stamps_get("not taken", s, false, 16);
	CHECK(send(s, big, 10, ZEROCOPY) == 10);
	read_all(other, 10);
	completed("the next", s, 6, 6);
	CHECK(zerocopy(s, 0) == 0);
	CHECK(send(s, big, 10, ZEROCOPY) == 10);
	read_all(other, 10);
	CHECK(zerocopy(s, 1) == 0);
	CHECK(shutdown(s, SHUT_WR) == 0);
	net_result("after the end", send(s, big, 10, ZEROCOPY | MSG_NOSIGNAL));
	stamps_get("none", s, false, 16);
	close(s);
	close(other);
	s = tcp_pair(text, true, &other);
	show_option("connected", s);
	show_option("accepted", other);
	CHECK(send(other, big, 10, ZEROCOPY) == 10);
	read_all(s, 10);
	completed("accepted", other, 0, 0);
	close(s);
	close(other);
	s = socket(strchr(text, ':') ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
	CHECK(zerocopy(s, 1) == 0);
	net_result("not connected", send(s, big, 10, ZEROCOPY | MSG_NOSIGNAL));
	stamps_get("none", s, false, 16);
	close(s);
}

static void of_udp(const char *text, int port)
{
	int to = net_bound(text, port), s, on = 1, off = 0, size = 100;
	union net_addr a = net_addr(text, port);

	printf("-- udp %s\n", text);
	s = socket(a.any.sa_family, SOCK_DGRAM, 0);
	CHECK(connect(s, &a.any, net_len(&a)) == 0);
	CHECK(send(s, big, 10, ZEROCOPY) == 10);
	CHECK(zerocopy(s, 1) == 0);
	show_option("on", s);
	stamps_get("none so far", s, false, 16);
	CHECK(send(s, big, 10, ZEROCOPY) == 10);
	stamps_get("one", s, true, 16);
	net_result("of nothing", send(s, big, 0, ZEROCOPY));
	completed("of nothing", s, 1, 1);
	CHECK(send(s, big, 30000, ZEROCOPY) == 30000);
	completed("a large one", s, 2, 2);
	net_result("too large", send(s, big, 65536, ZEROCOPY));
	net_result("of nowhere", send(s, (void *)16, 100, ZEROCOPY));
	CHECK(send(s, big, 10, ZEROCOPY | MSG_MORE) == 10);
	CHECK(send(s, big, 10, ZEROCOPY | MSG_MORE) == 10);
	CHECK(send(s, big, 10, ZEROCOPY) == 10);
	completed("gathered", s, 3, 5);
	CHECK(setsockopt(s, SOL_UDP, UDP_CORK, &on, sizeof(on)) == 0);
	CHECK(send(s, big, 10, 0) == 10);
	CHECK(send(s, big, 10, ZEROCOPY) == 10);
	CHECK(setsockopt(s, SOL_UDP, UDP_CORK, &off, sizeof(off)) == 0);
	completed("corked", s, 6, 6);
	CHECK(setsockopt(s, SOL_UDP, UDP_SEGMENT, &size, sizeof(size)) == 0);
	CHECK(send(s, big, 950, ZEROCOPY) == 950);
	completed("cut", s, 7, 7);
	while (recv(to, big, sizeof(big), MSG_DONTWAIT) >= 0)
		;
	for (int i = 0; i < 8; i++)
		CHECK(send(s, big, 10, ZEROCOPY) == 10);
	/* A datagram that is there was copied: eight completions in one. */
	for (int i = 0; i < 8; i++)
		CHECK(recv(to, big, sizeof(big), 0) == 10);
	stamps_get("eight", s, true, 16);
	CHECK(sendto(s, big, 10, ZEROCOPY, &a.any, net_len(&a)) == 10);
	stamps_get("to an address", s, true, 16);
	close(s);
	close(to);
}

static void with_limit(unsigned long bytes, int type, size_t n)
{
	union net_addr a = net_addr("127.0.0.1", 7411);
	struct rlimit r = { bytes, bytes };
	int other = -1, s;
	ssize_t k;

	if (fork()) {
		int status;
		CHECK(wait(&status) > 0 && !status);
		return;
	}
	CHECK(setrlimit(RLIMIT_MEMLOCK, &r) == 0);
	CHECK(setuid(1007) == 0);
	if (type == SOCK_STREAM) {
		s = tcp_pair("127.0.0.1", false, &other);
	} else {
		s = socket(AF_INET, SOCK_DGRAM, 0);
		other = net_bound("127.0.0.1", 7411);
		CHECK(connect(s, &a.any, net_len(&a)) == 0);
	}
	CHECK(zerocopy(s, 1) == 0);
	k = send(s, big, n, ZEROCOPY);
	printf("limit %lu, type %d, %zu bytes: ", bytes, type, n);
	net_result("sent", k);
	if (k > 0 && type == SOCK_STREAM)
		read_all(other, k);
	if (k > 0)
		completed("completed", s, 0, 0);
	fflush(stdout);
	_exit(0);
}

static void limits(void)
{
	static const unsigned long bytes[] = { 0, 8191, 8192, 12288 };
	static const size_t sizes[] = { 1, 4087, 4088, 4095, 4096, 8191, 8192 };
	char old[32] = { 0 };
	int other, s = tcp_pair("127.0.0.1", false, &other), f;

	printf("-- limits\n");
	fflush(stdout);
	for (int i = 0; i < 4; i++) {
		for (int j = 0; j < 7; j++) {
			with_limit(bytes[i], SOCK_STREAM, sizes[j]);
			with_limit(bytes[i], SOCK_DGRAM, sizes[j]);
		}
	}
	f = open("/proc/sys/net/core/optmem_max", O_RDWR);
	CHECK(f >= 0 && read(f, old, sizeof(old) - 1) > 0);
	printf("optmem_max %s", old);
	CHECK(zerocopy(s, 1) == 0);
	T(pwrite(f, "-1", 2, 0));
	CHECK(pwrite(f, "100", 3, 0) == 3);
	net_result("no room for a completion", send(s, big, 10, ZEROCOPY));
	net_result("and without", send(s, big, 10, 0));
	CHECK(pwrite(f, old, strlen(old), 0) == strlen(old));
	CHECK(send(s, big, 10, ZEROCOPY) == 10);
	read_all(other, 20);
	completed("the first", s, 0, 0);
	close(f);
	close(s);
	close(other);
}

static void refused(const char *what, int family, int type, int protocol)
{
	int s = socket(family, type, protocol);

	CHECK(s >= 0);
	net_result(what, zerocopy(s, 1));
	net_result("and two", zerocopy(s, 2));
	show_option("is", s);
	close(s);
}

int main(void)
{
	int pair[2];

	net_start();
	of_tcp("127.0.0.1");
	of_tcp("::1");
	of_udp("127.0.0.1", 7410);
	of_udp("::1", 7410);
	limits();
	printf("-- others\n");
	refused("a stream of a path", AF_UNIX, SOCK_STREAM, 0);
	refused("datagrams of a path", AF_UNIX, SOCK_DGRAM, 0);
	refused("raw", AF_INET, SOCK_RAW, IPPROTO_UDP);
	refused("raw 6", AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	refused("netlink", AF_NETLINK, SOCK_RAW, 0);
	refused("packet", AF_PACKET, SOCK_DGRAM, 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	net_result("the flag alone", send(pair[0], big, 10, ZEROCOPY));
	return 0;
}
