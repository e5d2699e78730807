// SPDX-License-Identifier: MPL-2.0
// RTA_METRICS: numbers that no packet can have are cut to those that it can.
#include "../lib/netlink.h"
#include "../lib/tap.h"

static int s;

static void metric(const char *to, int family, int type, unsigned v)
{
	struct nl_message m;
	struct rtmsg *r = nl_new(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK,
		sizeof(*r));
	struct {
		struct rtattr a;
		unsigned v;
	} one = { { 8, type }, v };
	char buf[4096];
	int n;

	r->rtm_family = family;
	r->rtm_dst_len = family == AF_INET ? 24 : 64;
	r->rtm_table = RT_TABLE_MAIN;
	r->rtm_protocol = RTPROT_STATIC;
	r->rtm_scope = family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	r->rtm_type = RTN_UNICAST;
	nl_attr_addr(&m, RTA_DST, to);
	nl_attr_u32(&m, RTA_OIF, tap_index("t0"));
	nl_attr(&m, RTA_METRICS, &one, sizeof(one));
	printf("%s, metric %d, %u\n", to, type, v);
	nl_ask("set", s, &m);

	/* The metrics of the route, in a dump. */
	r = nl_new(&m, RTM_GETROUTE, NLM_F_DUMP, sizeof(*r));
	r->rtm_family = family;
	nl_send(s, &m);
	for (bool done = false; !done && (n = recv(s, buf, sizeof(buf), 0)) > 0;) {
		struct nlmsghdr *h = (struct nlmsghdr *)buf;
		for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			struct rtmsg *is = NLMSG_DATA(h);
			struct rtattr *a = RTM_RTA(is), *dst = NULL, *in;
			int left = RTM_PAYLOAD(h), k;

			done |= h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR;
			if (h->nlmsg_type != RTM_NEWROUTE)
				continue;
			for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
				unsigned char want[16] = { 0 };
				if (a->rta_type == RTA_DST) {
					inet_pton(family, to, want);
					if (!memcmp(RTA_DATA(a), want, RTA_PAYLOAD(a)))
						dst = a;
				}
				if (a->rta_type != RTA_METRICS || !dst)
					continue;
				in = RTA_DATA(a);
				k = RTA_PAYLOAD(a);
				for (; RTA_OK(in, k); in = RTA_NEXT(in, k))
					printf("  has %d: %u\n", in->rta_type,
						*(unsigned *)RTA_DATA(in));
			}
		}
	}
}

int main(void)
{
	int tun;

	net_start();
	s = nl_socket(NETLINK_ROUTE, 0);
	tun = tap_open("t0", IFF_TUN);
	tap_up("t0", "10.9.0.1");
	for (int i = 0; i < 2; i++) {
		const char *to = i ? "2001:db8:7::" : "10.77.0.0";
		int family = i ? AF_INET6 : AF_INET;

		metric(to, family, RTAX_MTU, 1400);
		metric(to, family, RTAX_MTU, 70000);
		metric(to, family, RTAX_ADVMSS, 65535);
		metric(to, family, RTAX_HOPLIMIT, 255);
		metric(to, family, RTAX_HOPLIMIT, 256);
		metric(to, family, RTAX_HOPLIMIT, 1000);
	}
	close(tun);
	return 0;
}
