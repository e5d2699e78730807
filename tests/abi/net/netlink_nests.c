// SPDX-License-Identifier: MPL-2.0
// Which attributes with others inside of them say so by NLA_F_NESTED: programs that know the older
// ones look for their plain numbers.
#include "../lib/virtual.h"

static int s;

/* The attributes that are nests, as deep as this kernel's are. */
static void nests(const char *what, const struct rtattr *a, int left)
{
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		int type = a->rta_type & ~NLA_F_NESTED;
		bool flag = a->rta_type & NLA_F_NESTED;
		char name[64];

		snprintf(name, sizeof(name), "%s %d", what, type);
		if (strcmp(what, "link") == 0 && type != IFLA_LINKINFO && type != IFLA_PROTINFO &&
			type != IFLA_AF_SPEC)
			continue;
		if (strcmp(what, "link 18") == 0 && type != IFLA_INFO_DATA &&
			type != IFLA_INFO_SLAVE_DATA)
			continue;
		if (strcmp(what, "link 26") == 0 && type != AF_INET6)
			continue;
		if (strcmp(what, "link") && strcmp(what, "link 18") && strcmp(what, "link 26"))
			continue;
		printf("%s: %s\n", name, flag ? "flag" : "plain");
		nests(name, RTA_DATA(a), RTA_PAYLOAD(a));
	}
}

static void links(const char *dev, int family)
{
	unsigned index = if_nametoindex(dev);
	struct nl_message m;
	struct ifinfomsg *i = nl_new(&m, RTM_GETLINK, NLM_F_DUMP, sizeof(*i));
	char buf[65536];
	int n;

	i->ifi_family = family;
	nl_send(s, &m);
	printf("---- %s, family %d\n", dev, family);
	for (bool done = false; !done && (n = recv(s, buf, sizeof(buf), 0)) > 0;) {
		struct nlmsghdr *h = (struct nlmsghdr *)buf;
		for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			i = NLMSG_DATA(h);
			done |= h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR;
			if (h->nlmsg_type == RTM_NEWLINK && (unsigned)i->ifi_index == index)
				nests("link", IFLA_RTA(i), IFLA_PAYLOAD(h));
		}
	}
}

int main(void)
{
	vl_start();
	s = nl_socket(NETLINK_ROUTE, 0);
	CHECK(vl_make(NULL, "dummy", "d0") == 0 && vl_make(NULL, "bridge", "br0") == 0);
	CHECK(vl_make_vlan(NULL, "d0.7", "d0", 7) == 0);
	CHECK(vl_master(NULL, "d0", "br0") == 0);
	links("lo", AF_UNSPEC);
	links("d0", AF_UNSPEC);
	links("d0.7", AF_UNSPEC);
	links("br0", AF_UNSPEC);
	links("d0", AF_BRIDGE);
	CHECK(vl_del(NULL, "d0.7") == 0 && vl_del(NULL, "d0") == 0 && vl_del(NULL, "br0") == 0);
	return 0;
}
