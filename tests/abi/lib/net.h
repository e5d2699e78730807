// SPDX-License-Identifier: MPL-2.0
// What tests of internet sockets share: lo is brought up, addresses are written and shown.
#ifndef TESTS_ABI_LIB_NET_H
#define TESTS_ABI_LIB_NET_H

#include "t.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

union net_addr {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage room;
};

/* lo is up already if another test was here before. */
static void net_start(void)
{
	struct ifreq r = { .ifr_name = "lo" };
	int s;

	t_start();
	s = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(s >= 0);
	CHECK(ioctl(s, SIOCGIFFLAGS, &r) == 0);
	r.ifr_flags |= IFF_UP;
	CHECK(ioctl(s, SIOCSIFFLAGS, &r) == 0);
	close(s);
}

/* An address of the family that @text has. */
static union net_addr net_addr(const char *text, int port)
{
	union net_addr a = { 0 };

	if (strchr(text, ':')) {
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_port = htons(port);
		CHECK(inet_pton(AF_INET6, text, &a.in6.sin6_addr) == 1);
	} else {
		a.in.sin_family = AF_INET;
		a.in.sin_port = htons(port);
		CHECK(inet_pton(AF_INET, text, &a.in.sin_addr) == 1);
	}
	return a;
}

static socklen_t net_len(const union net_addr *a)
{
	return a->any.sa_family == AF_INET6 ? sizeof(a->in6) : sizeof(a->in);
}

/* A name for a port: its number if the test chose it, else "some". */
static void net_show(const char *what, const union net_addr *a)
{
	char text[64] = "?";
	int port = ntohs(a->in.sin_port);

	if (a->any.sa_family == AF_INET)
		inet_ntop(AF_INET, &a->in.sin_addr, text, sizeof(text));
	else if (a->any.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &a->in6.sin6_addr, text, sizeof(text));
	if (!port)
		printf("%s: %s no port\n", what, text);
	else if (port >= 32768)
		printf("%s: %s some port\n", what, text);
	else
		printf("%s: %s %d\n", what, text, port);
}

static void net_name(const char *what, int s, bool peer)
{
	union net_addr a = { 0 };
	socklen_t n = sizeof(a);
	int r = peer ? getpeername(s, &a.any, &n) : getsockname(s, &a.any, &n);

	if (r)
		printf("%s: %s\n", what, t_errname(errno));
	else
		net_show(what, &a);
}

/* A bound socket; fails the test if that is not possible. */
static int net_bound(const char *text, int port)
{
	union net_addr a = net_addr(text, port);
	int s = socket(a.any.sa_family, SOCK_DGRAM, 0);

	CHECK(s >= 0);
	CHECK(bind(s, &a.any, net_len(&a)) == 0);
	return s;
}

static int net_port(int s)
{
	union net_addr a = { 0 };
	socklen_t n = sizeof(a);

	CHECK(getsockname(s, &a.any, &n) == 0);
	return ntohs(a.in.sin_port);
}

/*
 * Whether what is written to @from bears the time of its arrival at @to, which asks for it. Linux
 * begins to take such times only a while after the first socket that asked.
 */
T_UNUSED static bool net_has_time(int from, int to)
{
	char control[128] = { 0 }, c;
	struct iovec iov = { &c, 1 };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };

	CHECK(write(from, "w", 1) == 1);
	CHECK(recvmsg(to, &m, 0) == 1);
	return m.msg_controllen > 0;
}

static void net_result(const char *what, long n)
{
	if (n < 0)
		printf("%s: %s\n", what, t_errname(errno));
	else
		printf("%s: %ld\n", what, n);
}

#endif
