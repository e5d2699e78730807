// SPDX-License-Identifier: MPL-2.0
// PACKET_ADD_MEMBERSHIP and its opposite: kinds, devices, lengths; what the device then has: flags
// do not change, the count of promiscuous users does, and goes with its socket.
#include "../lib/netlink.h"
#include "../lib/packet.h"

static long member(int s, int option, const char *dev, int type, int alen, const void *address)
{
	struct packet_mreq m = {
		.mr_ifindex = dev ? tap_index(dev) : 4711, .mr_type = type, .mr_alen = alen
	};

	if (address)
		memcpy(m.mr_address, address, alen < 8 ? alen : 8);
	return setsockopt(s, SOL_PACKET, option, &m, sizeof(m));
}

/* What the link's attributes say, and its flags. */
static void show(const char *what)
{
	struct {
		struct nlmsghdr h;
		struct ifinfomsg i;
	} q = { { sizeof(q), RTM_GETLINK, NLM_F_REQUEST, 1, 0 }, { .ifi_index = tap_index("t0") } };
	char b[8192] __attribute__((aligned(8)));
	int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), n;
	struct nlmsghdr *h = (struct nlmsghdr *)b;
	struct ifinfomsg *i;
	struct rtattr *a;
	struct ifreq r = { .ifr_name = "t0" };

	CHECK(send(s, &q, sizeof(q), 0) == sizeof(q));
	CHECK(recv(s, b, sizeof(b), 0) > 0);
	CHECK(h->nlmsg_type == RTM_NEWLINK);
	i = NLMSG_DATA(h);
	n = IFLA_PAYLOAD(h);
	CHECK(ioctl(tap_sock(), SIOCGIFFLAGS, &r) == 0);
	printf("%s: flags %x %x", what, i->ifi_flags & (IFF_PROMISC | IFF_ALLMULTI),
		r.ifr_flags & (IFF_PROMISC | IFF_ALLMULTI));
	for (a = IFLA_RTA(i); RTA_OK(a, n); a = RTA_NEXT(a, n))
		if (a->rta_type == IFLA_PROMISCUITY)
			printf(" promiscuity %d", *(int *)RTA_DATA(a));
	printf("\n");
	close(s);
}

#define ADD(...)  TOK(member(s, PACKET_ADD_MEMBERSHIP, __VA_ARGS__))
#define DROP(...) TOK(member(s, PACKET_DROP_MEMBERSHIP, __VA_ARGS__))

int main(void)
{
	int tap, s, other;
	struct packet_mreq m = { 0 };

	net_start();
	tap = tap_open("t0", IFF_TAP);
	tap_up("t0", "10.8.0.1");
	s = socket(AF_PACKET, SOCK_RAW, 0);
	other = socket(AF_PACKET, SOCK_DGRAM, 0);
	show("at first");
	ADD("t0", PACKET_MR_PROMISC, 0, NULL);
	show("one");
	ADD("t0", PACKET_MR_PROMISC, 0, NULL);
	show("twice");
	TOK(member(other, PACKET_ADD_MEMBERSHIP, "t0", PACKET_MR_PROMISC, 0, NULL));
	show("two sockets");
	DROP("t0", PACKET_MR_PROMISC, 0, NULL);
	show("dropped once");
	DROP("t0", PACKET_MR_PROMISC, 0, NULL);
	show("dropped twice");
	DROP("t0", PACKET_MR_PROMISC, 0, NULL);
	close(other);
	show("the other closed");
	ADD("t0", PACKET_MR_ALLMULTI, 0, NULL);
	show("all groups");
	ADD("t0", PACKET_MR_MULTICAST, 6, "\x01\0\x5e\1\2\3");
	ADD("t0", PACKET_MR_MULTICAST, 5, "\x01\0\x5e\1\2\3");
	ADD("t0", PACKET_MR_MULTICAST, 8, "\x01\0\x5e\1\2\3\4");
	ADD("t0", PACKET_MR_UNICAST, 6, "\x02\0\x5e\1\2\3");
	ADD("t0", 99, 0, NULL);
	DROP("t0", 99, 0, NULL);
	DROP("t0", PACKET_MR_MULTICAST, 6, "\x01\0\x5e\1\2\4");
	DROP("t0", PACKET_MR_MULTICAST, 6, "\x01\0\x5e\1\2\3");
	DROP("lo", PACKET_MR_ALLMULTI, 0, NULL);
	ADD(NULL, PACKET_MR_PROMISC, 0, NULL);
	ADD("t0", PACKET_MR_PROMISC, 9, NULL);
	for (int n = 0; n < 18; n += 4)
		T(setsockopt(s, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, n));
	T(setsockopt(s, SOL_PACKET, PACKET_ADD_MEMBERSHIP, NULL, 16));
	T(setsockopt(s, SOL_PACKET, PACKET_DROP_MEMBERSHIP, NULL, 16));
	ADD("t0", PACKET_MR_PROMISC, 0, NULL);
	close(tap);
	TOK(close(s));
	return 0;
}
