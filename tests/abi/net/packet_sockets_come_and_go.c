// SPDX-License-Identifier: MPL-2.0
// Packet sockets that are closed while /proc/net/packet is read, and one that outlives its device:
// the last that is told of a device is that it has gone.
#include "../lib/packet.h"
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/wait.h>

static void readers_and_sockets(void)
{
	char b[4096];
	int pid = fork(), fd;

	if (!pid) {
		fd = open("/proc/net/packet", O_RDONLY);
		for (;;)
			CHECK(pread(fd, b, sizeof(b), 0) > 0);
	}
	for (int i = 0; i < 100; i++)
		close(socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	printf("closed\n");
}

/* The type of the last message about the device. */
static int last_news(int news, int index)
{
	union {
		struct nlmsghdr h;
		char b[16384];
	} m;
	int last = 0, n;

	while ((n = recv(news, &m, sizeof(m), MSG_DONTWAIT)) > 0) {
		for (struct nlmsghdr *h = &m.h; NLMSG_OK(h, (unsigned)n); h = NLMSG_NEXT(h, n)) {
			struct ifinfomsg *i = NLMSG_DATA(h);
			if ((h->nlmsg_type == RTM_NEWLINK || h->nlmsg_type == RTM_DELLINK) &&
				i->ifi_index == index)
				last = h->nlmsg_type;
		}
	}
	return last;
}

int main(void)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	struct packet_mreq r = { .mr_type = PACKET_MR_PROMISC };
	int tap, s, news;

	net_start();
	readers_and_sockets();
	tap = tap_open("t1", IFF_TAP);
	r.mr_ifindex = if_nametoindex("t1");
	s = socket(AF_PACKET, SOCK_RAW, 0);
	T(setsockopt(s, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &r, sizeof(r)));
	news = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	CHECK(bind(news, (struct sockaddr *)&a, sizeof(a)) == 0);
	close(tap);
	printf("the last news is that it has gone: %d\n",
		last_news(news, r.mr_ifindex) == RTM_DELLINK);
	close(s);
	printf("nothing after that: %d\n", last_news(news, r.mr_ifindex) == 0);
	return 0;
}
