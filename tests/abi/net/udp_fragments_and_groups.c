// SPDX-License-Identifier: MPL-2.0
// Datagrams that are larger than the link takes: cut and put together, or EMSGSIZE. Multicast
// groups on lo: who gets what, IP_MULTICAST_LOOP, memberships. Broadcasts.
#include "../lib/net.h"

static char data[30000], b[30000];

static void lo_mtu(int mtu)
{
	struct ifreq r = { .ifr_name = "lo" };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	r.ifr_mtu = mtu;
	CHECK(ioctl(s, SIOCSIFMTU, &r) == 0);
	close(s);
}

static void set(int s, int level, int name, int v)
{
	CHECK(setsockopt(s, level, name, &v, sizeof(v)) == 0);
}

static void through(const char *text, int level, int name)
{
	static const int sizes[] = { 1, 1353, 1373, 1400, 2753, 3000, 20000, 29999 };
	int from = net_bound(text, 0), to = net_bound(text, 0), got;
	union net_addr a = net_addr(text, net_port(to));

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		net_result("send", sendto(from, data, sizes[i], 0, &a.any, net_len(&a)));
		memset(b, 0, sizeof(b));
		got = recv(to, b, sizeof(b), MSG_DONTWAIT);
		printf("got %d, same %d\n", got, got > 0 && !memcmp(b, data, got));
	}
	set(from, level, name, IP_PMTUDISC_DO);
	net_result("fits", sendto(from, data, 1352, 0, &a.any, net_len(&a)));
	net_result("uncut", sendto(from, data, 1373, 0, &a.any, net_len(&a)));
	set(from, level, name, IP_PMTUDISC_DONT);
	net_result("cut", sendto(from, data, 1373, 0, &a.any, net_len(&a)));
	close(from);
	close(to);
}

static void show(const char *what, int s)
{
	int got = recv(s, b, sizeof(b), MSG_DONTWAIT);

	if (got < 0)
		printf("%s: %s\n", what, t_errname(errno));
	else
		printf("%s: %.*s\n", what, got, b);
}

static void groups4(void)
{
	struct ip_mreqn m = { .imr_ifindex = 1 };
	int in = net_bound("0.0.0.0", 7010), other, from = socket(AF_INET, SOCK_DGRAM, 0), zero = 0;
	union net_addr g = net_addr("224.5.6.7", 7010);
	union net_addr all = net_addr("127.255.255.255", 7010);

	net_result("no device", sendto(from, "a", 1, 0, &g.any, net_len(&g)));
	m.imr_multiaddr = g.in.sin_addr;
	net_result("IP_MULTICAST_IF", setsockopt(from, IPPROTO_IP, IP_MULTICAST_IF, &m, sizeof(m)));
	net_result("nobody joined", sendto(from, "b", 1, 0, &g.any, net_len(&g)));
	show("nobody", in);
	net_result("leave", setsockopt(in, IPPROTO_IP, IP_DROP_MEMBERSHIP, &m, sizeof(m)));
	net_result("join", setsockopt(in, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)));
	net_result("join", setsockopt(in, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)));
	other = socket(AF_INET, SOCK_DGRAM, 0);
	net_result("joined", sendto(from, "c", 1, 0, &g.any, net_len(&g)));
	show("joined", in);
	show("once", in);
	setsockopt(in, IPPROTO_IP, IP_MULTICAST_ALL, &zero, sizeof(zero));
	net_result("leave", setsockopt(in, IPPROTO_IP, IP_DROP_MEMBERSHIP, &m, sizeof(m)));
	setsockopt(other, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m));
	net_result("left", sendto(from, "d", 1, 0, &g.any, net_len(&g)));
	show("left", in);
	m.imr_multiaddr.s_addr = htonl(0x7f000001);
	net_result("no group", setsockopt(in, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)));
	m.imr_multiaddr.s_addr = htonl(0xe0000009);
	m.imr_ifindex = 77;
	net_result("no such device", setsockopt(in, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)));
	close(from);
	from = socket(AF_INET, SOCK_DGRAM, 0);
	net_result("broadcast", sendto(from, "e", 1, 0, &all.any, net_len(&all)));
	set(from, SOL_SOCKET, SO_BROADCAST, 1);
	net_result("broadcast", sendto(from, "f", 1, 0, &all.any, net_len(&all)));
	show("broadcast", in);
	close(in);
	close(other);
	close(from);
}

static void groups6(void)
{
	struct ipv6_mreq m = { .ipv6mr_interface = 1 };
	int in = net_bound("::", 7011), from = socket(AF_INET6, SOCK_DGRAM, 0);
	union net_addr g = net_addr("ff02::1234", 7011);

	m.ipv6mr_multiaddr = g.in6.sin6_addr;
	set(from, IPPROTO_IPV6, IPV6_MULTICAST_IF, 1);
	net_result("join", setsockopt(in, IPPROTO_IPV6, IPV6_JOIN_GROUP, &m, sizeof(m)));
	net_result("join", setsockopt(in, IPPROTO_IPV6, IPV6_JOIN_GROUP, &m, sizeof(m)));
	net_result("joined", sendto(from, "a", 1, 0, &g.any, net_len(&g)));
	show("joined", in);
	g.in6.sin6_scope_id = 1;
	net_result("scope", sendto(from, "b", 1, 0, &g.any, net_len(&g)));
	show("scope", in);
	net_result("leave", setsockopt(in, IPPROTO_IPV6, IPV6_LEAVE_GROUP, &m, sizeof(m)));
	net_result("leave", setsockopt(in, IPPROTO_IPV6, IPV6_LEAVE_GROUP, &m, sizeof(m)));
	close(in);
	close(from);
}

/* MSG_MORE and UDP_CORK gather a datagram. */
static void corked(void)
{
	int from = socket(AF_INET, SOCK_DGRAM, 0), to = net_bound("127.0.0.1", 0);
	union net_addr a = net_addr("127.0.0.1", net_port(to)), other = net_addr("127.0.0.1", 9);

	net_result("more", sendto(from, "one ", 4, MSG_MORE, &a.any, net_len(&a)));
	show("nothing", to);
	net_result("more", sendto(from, "two ", 4, MSG_MORE, &a.any, net_len(&a)));
	net_result("last", sendto(from, "three", 5, 0, &other.any, net_len(&other)));
	show("one datagram", to);
	set(from, IPPROTO_UDP, UDP_CORK, 1);
	net_result("corked", sendto(from, "a", 1, 0, &a.any, net_len(&a)));
	net_result("corked", sendto(from, data, 2000, 0, &a.any, net_len(&a)));
	net_result("corked", sendto(from, "b", 1, 0, &a.any, net_len(&a)));
	show("nothing", to);
	set(from, IPPROTO_UDP, UDP_CORK, 0);
	net_result("length", recv(to, b, sizeof(b), MSG_DONTWAIT));
	printf("%c %d %c\n", b[0], memcmp(b + 1, data, 2000), b[2001]);
	for (int i = 0; i < 150; i++)
		sendto(from, data + i * 100, 100, i < 149 ? MSG_MORE : 0, &a.any, net_len(&a));
	net_result("many pieces", recv(to, b, sizeof(b), MSG_DONTWAIT));
	printf("%d\n", memcmp(b, data, 15000));
	net_result("more", sendto(from, "gone", 4, MSG_MORE, &a.any, net_len(&a)));
	close(from);
	show("nothing", to);
	close(to);
}

int main(void)
{
	net_start();
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 11 + i / 253);
	lo_mtu(1400);
	through("127.0.0.1", IPPROTO_IP, IP_MTU_DISCOVER);
	through("::1", IPPROTO_IPV6, IPV6_MTU_DISCOVER);
	lo_mtu(65536);
	groups4();
	groups6();
	corked();
	return 0;
}
