// SPDX-License-Identifier: MPL-2.0
// IP_MULTICAST_IF and IPV6_MULTICAST_IF of one socket are two settings: what each tells, and where
// packets to groups of each protocol leave.
#include "../lib/virtual.h"

static void tell(const char *what, int s)
{
	struct in_addr a = { 1 };
	int six = -1;
	socklen_t n = sizeof(a), m = sizeof(six);
	char text[INET_ADDRSTRLEN], name[IF_NAMESIZE] = "none";

	CHECK(getsockopt(s, 0, IP_MULTICAST_IF, &a, &n) == 0);
	CHECK(getsockopt(s, 41, IPV6_MULTICAST_IF, &six, &m) == 0);
	if (six)
		CHECK(if_indextoname(six, name));
	printf("%s: %s, %s\n", what, inet_ntop(AF_INET, &a, text, sizeof(text)), name);
}

/* Which of the pair's ends hears a packet to a group. */
static void leave(const char *what, int s, const char *group, int type)
{
	union net_addr to = net_addr(group, 9);
	int in[2] = { pk_open(SOCK_DGRAM, "va", type), pk_open(SOCK_DGRAM, "vc", type) };
	struct pollfd p[2] = { { in[0], POLLIN, 0 }, { in[1], POLLIN, 0 } };

	printf("%s: %s", what,
		sendto(s, "x", 1, 0, &to.any, net_len(&to)) == 1 ? "sent" : "not sent");
	poll(p, 2, 300);
	printf("%s%s\n", p[0].revents & POLLIN ? " by va" : "",
		p[1].revents & POLLIN ? " by vc" : "");
	close(in[0]);
	close(in[1]);
}

int main(void)
{
	struct ip_mreqn m = { 0 };
	int s, six;

	vl_start();
	vl_make_veth("pair", "va", "vb");
	vl_make_veth("pair", "vc", "vd");
	for (const char **n = (const char *[]){ "va", "vb", "vc", "vd", NULL }; *n; n++) {
		vl_silent(*n);
		vl_up(NULL, *n, true);
	}
	vl_settle("va", "up");
	vl_settle("vc", "up");
	s = socket(AF_INET6, SOCK_DGRAM, 0);
	CHECK(s >= 0);
	tell("at first", s);
	m.imr_ifindex = if_nametoindex("va");
	T(setsockopt(s, 0, IP_MULTICAST_IF, &m, sizeof(m)));
	tell("of IPv4", s);
	six = if_nametoindex("vc");
	T(setsockopt(s, 41, IPV6_MULTICAST_IF, &six, sizeof(six)));
	tell("of IPv6, too", s);
	leave("a group of IPv4", s, "::ffff:224.5.5.5", 0x0800);
	m.imr_ifindex = 0;
	T(setsockopt(s, 0, IP_MULTICAST_IF, &m, sizeof(m)));
	tell("of IPv4 no more", s);
	six = 0;
	T(setsockopt(s, 41, IPV6_MULTICAST_IF, &six, sizeof(six)));
	m.imr_ifindex = if_nametoindex("vc");
	T(setsockopt(s, 0, IP_MULTICAST_IF, &m, sizeof(m)));
	tell("of IPv4 alone", s);
	leave("a group of IPv4", s, "::ffff:224.5.5.5", 0x0800);
	close(s);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	six = if_nametoindex("va");
	T(setsockopt(s, 41, IPV6_MULTICAST_IF, &six, sizeof(six)));
	vl_del("gone", "va");
	vl_del("gone", "vc");
	return 0;
}
