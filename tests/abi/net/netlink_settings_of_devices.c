// SPDX-License-Identifier: MPL-2.0
// Switches of devices by RTM_GETNETCONF; and what a machine without objects for next hops, proxies
// for neighbours, multicast routes and registers of links says of them.
#include "../lib/virtual.h"
#include <linux/netconf.h>
#include <linux/nexthop.h>
#include <linux/sockios.h>

static const char *place(int index)
{
	return index == -1 ? "all" : index == -2 ? "default" : nl_name(index);
}

static void show(const struct nlmsghdr *h)
{
	static const char *const names[] = { "", "", "forwarding", "rp_filter", "mc_forwarding",
		"proxy_neigh", "ignore_routes_with_linkdown", "input", "bc_forwarding" };
	const struct netconfmsg *m = NLMSG_DATA(h);
	const struct rtattr *a = (void *)((char *)m + NLMSG_ALIGN(sizeof(*m)));
	int len = NLMSG_PAYLOAD(h, sizeof(*m)), n;
	const int *index = nl_find(a, len, NETCONFA_IFINDEX, &n);

	CHECK(index);
	/* Linux may have other devices. */
	if (*index > 0 && strcmp(place(*index), "lo") && strcmp(place(*index), "d0"))
		return;
	printf("  family %d %s:", m->ncm_family, place(*index));
	for (int i = NETCONFA_FORWARDING; i < 9; i++) {
		const int *v = nl_find(a, len, i, &n);

		if (v)
			printf(" %s %d", names[i], *v);
	}
	printf("\n");
}

/* Shows all answers to a request; others than of netconf are counted. */
static void answers(const char *what, struct nl_message *m)
{
	static char buf[32768];
	int nr = 0;

	printf("%s:\n", what);
	nl_send(vl, m);
	for (bool end = false; !end;) {
		int len = recv(vl, buf, sizeof(buf), 0);
		CHECK(len > 0);
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
			const struct nlmsgerr *e = NLMSG_DATA(h);

			end = h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR ||
				!(m->h.nlmsg_flags & NLM_F_DUMP);
			if (h->nlmsg_type == NLMSG_ERROR)
				printf("  %s\n", t_errname(-e->error));
			else if (h->nlmsg_type == RTM_NEWNETCONF)
				show(h);
			else if (h->nlmsg_type != NLMSG_DONE)
				nr++;
		}
	}
	if (nr)
		printf("  %d others\n", nr);
}

static void dump(const char *what, int type, int family, size_t head)
{
	struct nl_message m;

	*(unsigned char *)nl_new(&m, type, NLM_F_DUMP, head) = family;
	answers(what, &m);
}

static void one(const char *what, int family, int index, bool named)
{
	struct nl_message m;
	struct netconfmsg *c = nl_new(&m, RTM_GETNETCONF, 0, sizeof(*c));

	c->ncm_family = family;
	if (named)
		nl_attr_u32(&m, NETCONFA_IFINDEX, index);
	answers(what, &m);
}

static void set(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) > 0);
	close(fd);
}

static void nothing_there(void)
{
	struct nl_message m;
	struct ndmsg *n = nl_new(&m, RTM_GETNEIGH, NLM_F_DUMP, sizeof(*n));
	struct ifreq r = { .ifr_name = "d0" };

	n->ndm_flags = NTF_PROXY;
	answers("proxies", &m);
	dump("routes of groups", RTM_GETROUTE, RTNL_FAMILY_IPMR, sizeof(struct rtmsg));
	dump("routes of groups of IPv6", RTM_GETROUTE, RTNL_FAMILY_IP6MR, sizeof(struct rtmsg));
	dump("next hops", RTM_GETNEXTHOP, 0, sizeof(struct nhmsg));
	nl_new(&m, RTM_GETNEXTHOP, 0, sizeof(struct nhmsg));
	nl_attr_u32(&m, NHA_ID, 1);
	answers("a next hop", &m);
	T(ioctl(vl, SIOCGMIIPHY, &r));
	strcpy(r.ifr_name, "none");
	T(ioctl(vl, SIOCGMIIPHY, &r));
	IN_CHILD("user", CHECK(setresuid(1000, 1000, 1000) == 0); T(ioctl(vl, SIOCGMIIPHY, &r)));
}

/* Which attributes with attributes say so by NLA_F_NESTED: few programs expect that. */
static void nests(void)
{
	static char buf[32768];
	const struct nlmsghdr *h = (void *)buf;
	struct nl_message m;
	struct ifinfomsg *i = nl_new(&m, RTM_GETLINK, 0, sizeof(*i));
	const struct rtattr *a;
	int len;

	i->ifi_index = if_nametoindex("d0");
	nl_send(vl, &m);
	CHECK(recv(vl, buf, sizeof(buf), 0) > 0 && h->nlmsg_type == RTM_NEWLINK);
	a = IFLA_RTA(NLMSG_DATA(h));
	len = NLMSG_PAYLOAD(h, sizeof(*i));
	for (; RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		int type = a->rta_type & 0x3fff, n = RTA_PAYLOAD(a);

		if (type != IFLA_LINKINFO && type != IFLA_AF_SPEC)
			continue;
		printf("%d: %x", type, a->rta_type);
		for (const struct rtattr *in = RTA_DATA(a); RTA_OK(in, n); in = RTA_NEXT(in, n))
			if (type == IFLA_LINKINFO || (in->rta_type & 0x3fff) == AF_INET6)
				printf(" %x", in->rta_type);
		printf("\n");
	}
}

int main(void)
{
	vl_start();
	CHECK(vl_make(NULL, "dummy", "d0") == 0);
	nests();
	set("/proc/sys/net/ipv4/conf/d0/rp_filter", "2");
	set("/proc/sys/net/ipv4/conf/d0/forwarding", "1");
	set("/proc/sys/net/ipv6/conf/d0/forwarding", "1");
	dump("both", RTM_GETNETCONF, AF_UNSPEC, sizeof(struct netconfmsg));
	dump("IPv4", RTM_GETNETCONF, AF_INET, sizeof(struct netconfmsg));
	dump("IPv6", RTM_GETNETCONF, AF_INET6, sizeof(struct netconfmsg));
	one("d0", AF_INET, if_nametoindex("d0"), true);
	one("d0 of IPv6", AF_INET6, if_nametoindex("d0"), true);
	one("all", AF_INET, -1, true);
	one("default", AF_INET6, -2, true);
	one("no device", AF_INET, 9999, true);
	one("no index", AF_INET, 0, false);
	nothing_there();
	CHECK(vl_del(NULL, "d0") == 0);
	return 0;
}
