// SPDX-License-Identifier: MPL-2.0
// More routes than fit in one piece: /proc/net/route, dumps with and without a selection, and
// routes of IPv6 that end by themselves.
#include "../lib/netlink.h"
#include "../lib/tap.h"
#include <linux/ethtool.h>
#include <linux/sockios.h>

#define ROUTES 2500

static int s, index_;

static void *new_route(struct nl_message *m, int type, int flags, int family, int bits)
{
	struct rtmsg *r = nl_new(m, type, flags, sizeof(*r));

	r->rtm_family = family;
	r->rtm_dst_len = bits;
	r->rtm_table = RT_TABLE_MAIN;
	r->rtm_protocol = RTPROT_STATIC;
	r->rtm_scope = family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	r->rtm_type = RTN_UNICAST;
	return r;
}

/* Adds or removes all in a few sends. */
static void all(int type)
{
	static char buf[400 * 64];
	size_t n = 0;

	for (unsigned i = 0; i < ROUTES; i++) {
		struct nl_message m;
		uint32_t to = htonl(0x0a400000 + i * 256);

		new_route(&m, type, type == RTM_NEWROUTE ? NLM_F_CREATE : 0, AF_INET, 24);
		nl_attr(&m, RTA_DST, &to, 4);
		nl_attr_u32(&m, RTA_OIF, index_);
		if (i % 3 == 0)
			nl_attr_u32(&m, RTA_PRIORITY, i);
		memcpy(buf + n, &m, m.h.nlmsg_len);
		n += NLMSG_ALIGN(m.h.nlmsg_len);
		if (n > sizeof(buf) - 128 || i == ROUTES - 1) {
			CHECK(send(s, buf, n, 0) == (ssize_t)n);
			n = 0;
		}
	}
}

static void count_file(const char *what)
{
	static char seen[ROUTES];
	char line[300], dev[20];
	int lines = 0, ours = 0, twice = 0, even = 0;
	unsigned to;
	FILE *f = fopen("/proc/net/route", "r");

	memset(seen, 0, sizeof(seen));
	while (fgets(line, sizeof(line), f)) {
		lines++;
		even += strlen(line) == 128;
		if (sscanf(line, "%19s %x", dev, &to) != 2 || strcmp(dev, "tun11"))
			continue;
		to = (ntohl(to) - 0x0a400000) / 256;
		if (to < ROUTES) {
			ours++;
			twice += seen[to]++;
		}
	}
	fclose(f);
	printf("%s: %d routes, %d twice, %d other lines, all of 128 bytes %d\n", what, ours, twice,
		lines - ours, even == lines);
}

static void count_dump(const char *what, int proto, int oif, bool cloned)
{
	static char buf[65536];
	struct nl_message m;
	struct rtmsg *r = nl_new(&m, RTM_GETROUTE, NLM_F_DUMP, sizeof(*r));
	int ours = 0;
	bool end = false;

	r->rtm_family = AF_INET;
	r->rtm_protocol = proto;
	r->rtm_flags = cloned ? RTM_F_CLONED : 0;
	if (oif)
		nl_attr_u32(&m, RTA_OIF, oif);
	nl_send(s, &m);
	while (!end) {
		ssize_t n = recv(s, buf, sizeof(buf), 0);
		CHECK(n > 0);
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			const struct rtmsg *got = NLMSG_DATA(h);

			end = h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR;
			ours += !end && got->rtm_protocol == RTPROT_STATIC;
		}
	}
	printf("%s: %d\n", what, ours);
}

/* Whether the route exists, and whether it says when it ends. */
static int ends_in(void)
{
	static char buf[65536];
	struct nl_message m;
	struct rtmsg *r = nl_new(&m, RTM_GETROUTE, NLM_F_DUMP, sizeof(*r));
	bool end = false;
	int found = 0;

	r->rtm_family = AF_INET6;
	nl_send(s, &m);
	while (!end) {
		ssize_t n = recv(s, buf, sizeof(buf), 0);
		CHECK(n > 0);
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			const struct rtmsg *got = NLMSG_DATA(h);
			const struct rta_cacheinfo *c;
			int k;

			end = h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR;
			if (end || got->rtm_protocol != RTPROT_STATIC)
				continue;
			c = nl_find(RTM_RTA(got), RTM_PAYLOAD(h), RTA_CACHEINFO, &k);
			found = c && c->rta_expires ? 2 : 1;
		}
	}
	return found;
}

static void ending(int family, const char *to, int bits, int seconds)
{
	struct nl_message m;
	char what[80];

	new_route(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_ACK, family, bits);
	nl_attr_addr(&m, RTA_DST, to);
	nl_attr_u32(&m, RTA_OIF, index_);
	nl_attr_u32(&m, RTA_EXPIRES, seconds);
	snprintf(what, sizeof(what), "%s for %d", to, seconds);
	nl_ask(what, s, &m);
}

static void link_state(const char *name, unsigned cmd)
{
	struct ethtool_value v = { .cmd = cmd, .data = 77 };
	struct ifreq r = { .ifr_data = (void *)&v };

	strcpy(r.ifr_name, name);
	if (ioctl(tap_sock(), SIOCETHTOOL, &r))
		printf("ethtool %#x of %s: %s\n", cmd, name, t_errname(errno));
	else
		printf("ethtool %#x of %s: %u\n", cmd, name, v.data);
	r.ifr_data = (void *)8;
	if (if_nametoindex(name))
		T(ioctl(tap_sock(), SIOCETHTOOL, &r));
}

int main(void)
{
	int tap, one = 1;

	net_start();
	s = nl_socket(NETLINK_ROUTE, 0);
	tap = tap_open("tun11", IFF_TUN);
	index_ = tap_index("tun11");
	link_state("lo", ETHTOOL_GLINK);
	link_state("tun11", ETHTOOL_GLINK);
	tap_up("tun11", "10.39.0.1");
	link_state("tun11", ETHTOOL_GLINK);
	link_state("none11", ETHTOOL_GLINK);
	link_state("lo", 0xffff);
	count_file("at first");
	all(RTM_NEWROUTE);
	count_file("with many");
	count_dump("all", 0, 0, false);
	count_dump("the cache", 0, 0, true);
	CHECK(setsockopt(s, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one)) == 0);
	count_dump("static", RTPROT_STATIC, 0, false);
	count_dump("of nobody", 99, 0, false);
	count_dump("of the device", 0, index_, false);
	count_dump("the cache, strictly", 0, 0, true);
	count_dump("of lo", 0, 1, false);
	all(RTM_DELROUTE);
	count_file("at last");

	ending(AF_INET6, "2001:db8:77::", 48, 100000);
	SHOW(ends_in());
	ending(AF_INET6, "2001:db8:77::", 48, 1);
	close(tap);
	tap = tap_open("tun11", IFF_TUN);
	index_ = tap_index("tun11");
	tap_flags("tun11", IFF_UP);
	ending(AF_INET6, "2001:db8:78::", 48, 1);
	IS(ends_in() != 1);
	UNTIL(ends_in() == 0);
	close(tap);
	return 0;
}
