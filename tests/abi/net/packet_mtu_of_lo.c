// SPDX-License-Identifier: MPL-2.0
// AF_PACKET on lo with the largest MTU that it takes: packets are as long as before, and not too
// long.
#include "../lib/netlink.h"
#include "../lib/packet.h"

static void set_mtu(int mtu)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_mtu = mtu };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	printf("%d: ", mtu);
	T(ioctl(s, SIOCSIFMTU, &r));
	close(s);
}

// By a number without a sign.
static void set_large(unsigned mtu)
{
	struct nl_message m;
	struct ifinfomsg *i = nl_new(&m, RTM_SETLINK, NLM_F_ACK, sizeof(*i));
	int s = nl_socket(NETLINK_ROUTE, 0);

	i->ifi_index = if_nametoindex("lo");
	nl_attr_u32(&m, IFLA_MTU, mtu);
	nl_ask("a very large MTU", s, &m);
	close(s);
}

int main(void)
{
	int s;

	net_start();
	s = pk_open(SOCK_RAW, "lo", PK_TYPE);
	set_mtu(-1);
	set_large(0xffffffff);
	T(pk_send(s, PK_TYPE, 1000));
	pk_recv("as before", s, 16, 0, false);
	set_mtu(0x7fffffff);
	T(pk_send(s, PK_TYPE, 1000));
	pk_recv("it comes back", s, 16, 0, false);
	set_mtu(1500);
	T(pk_send(s, PK_TYPE, 1500));
	T(pk_send(s, PK_TYPE, 1501));
	set_mtu(65536);
	close(s);
	return 0;
}
