// SPDX-License-Identifier: MPL-2.0
// RTNLGRP_NEIGH: neighbours that are set by hand, that are asked for in vain, that answer, and that
// go.
#include "../lib/netlink.h"
#include "../lib/tap.h"
#include <net/if_arp.h>
#include <netinet/if_ether.h>

static int s, news, index_;

/* Waits for the news of a state of the address; 0: that it has gone. What comes before is skipped. */
static void wait_for(const char *what, const char *address, int state)
{
	static char buf[32768];
	union net_addr a = net_addr(address, 0);
	bool six = a.any.sa_family == AF_INET6;

	for (;;) {
		ssize_t n = recv(news, buf, sizeof(buf), 0);
		CHECK(n > 0);
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			const struct ndmsg *m = NLMSG_DATA(h);
			const struct rtattr *at = (void *)((char *)m +
				NLMSG_ALIGN(sizeof(struct ndmsg)));
			int len = NLMSG_PAYLOAD(h, sizeof(*m)), k = 0;
			const void *dst = nl_find(at, len, NDA_DST, &k);

			if ((h->nlmsg_type != RTM_NEWNEIGH && h->nlmsg_type != RTM_DELNEIGH) ||
				m->ndm_ifindex != index_ || !dst ||
				memcmp(dst, six ? (void *)&a.in6.sin6_addr : (void *)&a.in.sin_addr,
					k) ||
				(h->nlmsg_type == RTM_DELNEIGH) != !state ||
				(state && m->ndm_state != state))
				continue;
			printf("%s: %s family %d state %d flags %d type %d", what,
				state ? "neighbour" : "no neighbour", m->ndm_family, m->ndm_state,
				m->ndm_flags, m->ndm_type);
			nl_put_addr("at", at, len, NDA_DST);
			nl_put_bytes("link", at, len, NDA_LLADDR);
			printf("\n");
			return;
		}
	}
}

static void neighbour(const char *what, int type, int flags, const char *address, int state,
	int last)
{
	struct nl_message m;
	struct ndmsg *n = nl_new(&m, type, NLM_F_ACK | flags, sizeof(*n));
	uint8_t link[6] = { 2, 0, 0, 0, 9, last };

	n->ndm_family = strchr(address, ':') ? AF_INET6 : AF_INET;
	n->ndm_ifindex = index_;
	n->ndm_state = state;
	nl_attr_addr(&m, NDA_DST, address);
	if (last)
		nl_attr(&m, NDA_LLADDR, link, 6);
	nl_ask(what, s, &m);
}

static void send_to(const char *to)
{
	union net_addr a = net_addr(to, 9);
	int u = socket(AF_INET, SOCK_DGRAM, 0);

	CHECK(sendto(u, "x", 1, 0, &a.any, net_len(&a)) == 1);
	close(u);
}

/* Answers the question for an address. */
static void answer(int tap, const char *who)
{
	struct {
		struct ether_header e;
		struct ether_arp a;
	} f;
	union net_addr w = net_addr(who, 0);
	uint8_t mac[6] = { 2, 0, 0, 0, 9, 77 }, own[6], own_ip[4];

	for (;;) {
		struct pollfd p = { tap, POLLIN, 0 };
		char b[2000];
		CHECK(poll(&p, 1, TAP_WAIT) == 1);
		CHECK(read(tap, b, sizeof(b)) > 0);
		memcpy(&f, b, sizeof(f));
		if (ntohs(f.e.ether_type) == ETHERTYPE_ARP && ntohs(f.a.ea_hdr.ar_op) == 1 &&
			!memcmp(f.a.arp_tpa, &w.in.sin_addr, 4))
			break;
	}
	memcpy(own, f.a.arp_sha, 6);
	memcpy(own_ip, f.a.arp_spa, 4);
	memcpy(f.a.arp_sha, mac, 6);
	memcpy(f.a.arp_spa, f.a.arp_tpa, 4);
	memcpy(f.a.arp_tha, own, 6);
	memcpy(f.a.arp_tpa, own_ip, 4);
	f.a.ea_hdr.ar_op = htons(2);
	memcpy(f.e.ether_dhost, own, 6);
	memcpy(f.e.ether_shost, mac, 6);
	CHECK(write(tap, &f, sizeof(f)) == sizeof(f));
}

int main(void)
{
	struct nl_message m;
	struct ifinfomsg *i;
	int tap;

	net_start();
	s = nl_socket(NETLINK_ROUTE, 0);
	tap = tap_open("tap12", IFF_TAP);
	index_ = tap_index("tap12");
	tap_up("tap12", "10.41.0.1");
	news = nl_socket(NETLINK_ROUTE, RTMGRP_NEIGH);
	neighbour("by hand", RTM_NEWNEIGH, NLM_F_CREATE, "10.41.0.2", NUD_PERMANENT, 1);
	wait_for("by hand", "10.41.0.2", NUD_PERMANENT);
	neighbour("replaced", RTM_NEWNEIGH, NLM_F_REPLACE, "10.41.0.2", NUD_PERMANENT, 2);
	wait_for("replaced", "10.41.0.2", NUD_PERMANENT);
	neighbour("stale", RTM_NEWNEIGH, NLM_F_REPLACE, "10.41.0.2", NUD_STALE, 2);
	wait_for("stale", "10.41.0.2", NUD_STALE);
	neighbour("deleted", RTM_DELNEIGH, 0, "10.41.0.2", 0, 0);
	wait_for("deleted", "10.41.0.2", 0);
	neighbour("IPv6", RTM_NEWNEIGH, NLM_F_CREATE, "2001:db8:41::2", NUD_PERMANENT, 3);
	wait_for("IPv6", "2001:db8:41::2", NUD_PERMANENT);
	send_to("10.41.0.3");
	answer(tap, "10.41.0.3");
	wait_for("an answer", "10.41.0.3", NUD_REACHABLE);
	send_to("10.41.0.4");
	wait_for("no answer", "10.41.0.4", NUD_FAILED);
	i = nl_new(&m, RTM_NEWLINK, NLM_F_ACK, sizeof(*i));
	i->ifi_index = index_;
	i->ifi_change = IFF_UP;
	nl_ask("down", s, &m);
	wait_for("down", "2001:db8:41::2", 0);
	close(tap);
	return 0;
}
