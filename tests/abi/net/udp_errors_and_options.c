// SPDX-License-Identifier: MPL-2.0
// Ports that nobody has: ECONNREFUSED, the error queue of IP_RECVERR. Options of IPPROTO_IP and
// IPPROTO_IPV6, their values and control messages.
#include "../lib/net.h"
#include <linux/errqueue.h>

static void show_control(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		printf("  control %d %d %zu:", c->cmsg_level, c->cmsg_type, (size_t)c->cmsg_len);
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo *p = (void *)CMSG_DATA(c);
			char a[32], b[32];
			printf(" %d %s %s\n", p->ipi_ifindex,
				inet_ntop(AF_INET, &p->ipi_spec_dst, a, sizeof(a)),
				inet_ntop(AF_INET, &p->ipi_addr, b, sizeof(b)));
		} else {
			for (size_t i = 0; i < c->cmsg_len - CMSG_LEN(0); i++)
				printf(" %02x", CMSG_DATA(c)[i]);
			printf("\n");
		}
	}
}

static void receive(const char *what, int s, int flags)
{
	char b[100], control[256];
	union net_addr from = { 0 };
	struct iovec iov = { b, sizeof(b) };
	struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov,
		.msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(s, &m, flags | MSG_DONTWAIT);

	net_result(what, n);
	if (n < 0)
		return;
	printf("  flags %#x %.*s\n", m.msg_flags, (int)n, b);
	if (flags & MSG_ERRQUEUE)
		net_show("  to", &from);
	show_control(&m);
}

static void error_of(int s)
{
	int e = -1;
	socklen_t n = sizeof(e);

	getsockopt(s, SOL_SOCKET, SO_ERROR, &e, &n);
	printf("SO_ERROR %s\n", e ? t_errname(e) : "none");
}

static void refused(const char *text, int level, int name)
{
	union net_addr a = net_addr(text, 4999);
	int s = socket(a.any.sa_family, SOCK_DGRAM, 0), one = 1;

	printf("---- nobody at %s\n", text);
	net_result("unconnected", sendto(s, "x", 1, 0, &a.any, net_len(&a)));
	error_of(s);
	connect(s, &a.any, net_len(&a));
	net_result("send", send(s, "hello", 5, 0));
	struct pollfd p = { s, POLLIN | POLLOUT, 0 };
	poll(&p, 1, 1000);
	printf("poll %#x\n", p.revents);
	net_result("send again", send(s, "x", 1, 0));
	net_result("send again", send(s, "x", 1, 0));
	receive("receive", s, 0);
	receive("receive", s, 0);
	send(s, "x", 1, 0);
	error_of(s);
	error_of(s);
	CHECK(setsockopt(s, level, name, &one, sizeof(one)) == 0);
	send(s, "quoted", 6, 0);
	poll(&p, 1, 1000);
	printf("poll %#x\n", p.revents);
	receive("queue", s, MSG_ERRQUEUE);
	receive("queue", s, MSG_ERRQUEUE);
	error_of(s);
	close(s);
}

static const struct t_name ip[] = { { IP_TOS, "IP_TOS" }, { IP_TTL, "IP_TTL" },
	{ IP_PKTINFO, "IP_PKTINFO" }, { IP_MTU_DISCOVER, "IP_MTU_DISCOVER" },
	{ IP_RECVERR, "IP_RECVERR" }, { IP_RECVTTL, "IP_RECVTTL" }, { IP_RECVTOS, "IP_RECVTOS" },
	{ IP_FREEBIND, "IP_FREEBIND" }, { IP_MULTICAST_TTL, "IP_MULTICAST_TTL" },
	{ IP_MULTICAST_LOOP, "IP_MULTICAST_LOOP" }, { IP_MULTICAST_ALL, "IP_MULTICAST_ALL" } };
static const struct t_name ip6[] = { { IPV6_UNICAST_HOPS, "IPV6_UNICAST_HOPS" },
	{ IPV6_MULTICAST_HOPS, "IPV6_MULTICAST_HOPS" },
	{ IPV6_MULTICAST_LOOP, "IPV6_MULTICAST_LOOP" }, { IPV6_MTU_DISCOVER, "IPV6_MTU_DISCOVER" },
	{ IPV6_RECVERR, "IPV6_RECVERR" }, { IPV6_V6ONLY, "IPV6_V6ONLY" },
	{ IPV6_RECVPKTINFO, "IPV6_RECVPKTINFO" }, { IPV6_RECVHOPLIMIT, "IPV6_RECVHOPLIMIT" },
	{ IPV6_RECVTCLASS, "IPV6_RECVTCLASS" }, { IPV6_TCLASS, "IPV6_TCLASS" } };

static void values(int family, int level, const struct t_name *names, int count)
{
	static const int tries[] = { 0, 1, 2, 64, 255, 256, -1 };
	int s = socket(family, SOCK_DGRAM, 0), v;
	socklen_t n;

	for (int i = 0; i < count; i++) {
		v = -99;
		n = sizeof(v);
		printf("%-20s %d", names[i].name,
			getsockopt(s, level, names[i].value, &v, &n) ? -1000 : v);
		for (size_t j = 0; j < sizeof(tries) / sizeof(tries[0]); j++) {
			int r = setsockopt(s, level, names[i].value, &tries[j], sizeof(int));
			int e = errno;
			v = -99;
			n = sizeof(v);
			getsockopt(s, level, names[i].value, &v, &n);
			printf(" | %d %s %d", tries[j], r ? t_errname(e) : "ok", v);
		}
		printf("\n");
	}
	close(s);
}

static void set(int s, int level, int name, int v)
{
	CHECK(setsockopt(s, level, name, &v, sizeof(v)) == 0);
}

static void ancillary(void)
{
	int a = net_bound("127.0.0.1", 0), b = net_bound("0.0.0.0", 0);
	int c = net_bound("::1", 0), d = net_bound("::", 0);
	union net_addr to4 = net_addr("127.0.0.9", net_port(b)), to6 = net_addr("::1", net_port(d));

	set(b, IPPROTO_IP, IP_PKTINFO, 1);
	set(b, IPPROTO_IP, IP_RECVTTL, 1);
	set(b, IPPROTO_IP, IP_RECVTOS, 1);
	set(a, IPPROTO_IP, IP_TTL, 33);
	set(a, IPPROTO_IP, IP_TOS, 0x28);
	sendto(a, "four", 4, 0, &to4.any, net_len(&to4));
	receive("four", b, 0);
	set(d, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	set(d, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
	set(d, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
	set(c, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 44);
	set(c, IPPROTO_IPV6, IPV6_TCLASS, 0x30);
	sendto(c, "six", 3, 0, &to6.any, net_len(&to6));
	receive("six", d, 0);
	to4.in.sin_port = htons(net_port(d));
	sendto(a, "four to six", 11, 0, &to4.any, net_len(&to4));
	receive("four to six", d, 0);
	close(a);
	close(b);
	close(c);
	close(d);
}

/* UDP_SEGMENT: one send, several datagrams; UDP_GRO: they stay together. */
static void segments(void)
{
	int a = net_bound("127.0.0.1", 0), b = net_bound("127.0.0.1", 0), n = 0;
	union net_addr to = net_addr("127.0.0.1", net_port(b));
	char data[1000];

	memset(data, 'x', sizeof(data));
	set(a, IPPROTO_UDP, UDP_SEGMENT, 300);
	net_result("segments", sendto(a, data, sizeof(data), 0, &to.any, net_len(&to)));
	while ((n = recv(b, data, sizeof(data), MSG_DONTWAIT)) >= 0)
		printf("piece %d\n", n);
	set(b, IPPROTO_UDP, UDP_GRO, 1);
	net_result("segments", sendto(a, data, sizeof(data), 0, &to.any, net_len(&to)));
	receive("together", b, 0);
	receive("no more", b, 0);
	close(a);
	close(b);
}

int main(void)
{
	net_start();
	refused("127.0.0.1", IPPROTO_IP, IP_RECVERR);
	refused("::1", IPPROTO_IPV6, IPV6_RECVERR);
	values(AF_INET, IPPROTO_IP, ip, sizeof(ip) / sizeof(ip[0]));
	values(AF_INET6, IPPROTO_IPV6, ip6, sizeof(ip6) / sizeof(ip6[0]));
	ancillary();
	segments();
	return 0;
}
