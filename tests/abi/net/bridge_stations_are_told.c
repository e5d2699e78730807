// SPDX-License-Identifier: MPL-2.0
// News of a bridge's table of stations (RTNLGRP_NEIGH), and questions for one station.
#include "../lib/virtual.h"

#define MAC(n) "\x02\x00\x00\x00\x00" n

static int news;

static void pair(int n)
{
	char p[8], e[8], far[6] = "\x02\x00\x00\x00\x01", near[6] = "\x02\x00\x00\x00\x02";

	sprintf(p, "p%d", n);
	sprintf(e, "e%d", n);
	far[5] = near[5] = n;
	CHECK(vl_make_veth(NULL, p, e) == 0);
	vl_ready(p, near);
	vl_ready(e, far);
	vl_settle(p, "up");
	vl_settle(e, "up");
	CHECK(vl_master(NULL, p, "br0") == 0);
}

/* A message about a station; false: another one, or of the tables of VLANs that Linux has, too. */
static bool show(const struct nlmsghdr *h)
{
	struct ndmsg *d = NLMSG_DATA(h);
	const struct rtattr *a = (void *)((char *)d + NLMSG_ALIGN(sizeof(*d)));
	int k = NLMSG_PAYLOAD(h, sizeof(*d)), l = 0;
	const unsigned char *mac = nl_find(a, k, NDA_LLADDR, &l);
	const uint32_t *master = nl_find(a, k, NDA_MASTER, &l);
	char dev[IF_NAMESIZE];

	if (d->ndm_family != AF_BRIDGE || !mac || mac[4] || nl_find(a, k, NDA_VLAN, &l))
		return false;
	strcpy(dev, nl_name(d->ndm_ifindex));
	printf("  %s %02x dev %s state %x flags %x type %d master %s%s\n",
		h->nlmsg_type == RTM_NEWNEIGH ? "station" : "gone", mac[5], dev, d->ndm_state,
		d->ndm_flags, d->ndm_type, master ? nl_name(*master) : "-",
		nl_find(a, k, NDA_CACHEINFO, &l) && l == sizeof(struct nda_cacheinfo) ? " times"
										      : "");
	return true;
}

/* The next @n changes of stations. */
static void told(int n)
{
	static char buf[32768];

	while (n > 0) {
		int len = recv(news, buf, sizeof(buf), 0);
		CHECK(len > 0);
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len))
			n -= show(h);
	}
}

static struct ndmsg *request(struct nl_message *m, int type, int flags, const char *dev, int ndm,
	int state, const char *mac)
{
	struct ndmsg *d = nl_new(m, type, flags, sizeof(*d));

	d->ndm_family = AF_BRIDGE;
	d->ndm_ifindex = dev ? if_nametoindex(dev) : 0;
	d->ndm_flags = ndm;
	d->ndm_state = state;
	if (mac)
		nl_attr(m, NDA_LLADDR, mac, 6);
	return d;
}

static void station(const char *what, int type, int flags, const char *dev, int ndm, int state,
	const char *mac)
{
	struct nl_message m;

	request(&m, type, flags, dev, ndm, state, mac);
	vl_ask(what, &m);
}

static void frame(const char *from, const char *source)
{
	vl_send("a frame", from, pk_all, source, 4);
}

static void changes(void)
{
	int make = NLM_F_CREATE | NLM_F_EXCL;

	station("static", RTM_NEWNEIGH, make, "p1", NTF_MASTER, NUD_NOARP, MAC("\x31"));
	told(1);
	station("at another port", RTM_NEWNEIGH, NLM_F_CREATE, "p2", NTF_MASTER, NUD_NOARP,
		MAC("\x31"));
	told(1);
	station("permanent", RTM_NEWNEIGH, make, "p1", NTF_MASTER, NUD_PERMANENT, MAC("\x32"));
	told(1);
	station("the bridge's", RTM_NEWNEIGH, make, "br0", NTF_SELF, NUD_PERMANENT, MAC("\x33"));
	told(2); // as an entry, and as an address of the device
	station("refused", RTM_NEWNEIGH, make, "p1", NTF_MASTER, NUD_NOARP, MAC("\x31"));
	frame("e1", MAC("\x21"));
	told(1);
	frame("e1", MAC("\x21"));
	frame("e2", MAC("\x21"));
	told(1);
	frame("e2", MAC("\x31"));
	frame("e1", MAC("\x22"));
	told(1);
	station("deleted", RTM_DELNEIGH, 0, "p2", NTF_MASTER, 0, MAC("\x31"));
	told(1);
	station("deleted", RTM_DELNEIGH, 0, "p2", NTF_MASTER, 0, MAC("\x21"));
	told(1);
}

static void one(const char *what, const char *dev, const char *master, int ndm, int state,
	const char *mac, int len)
{
	static char buf[32768];
	const struct nlmsghdr *h = (void *)buf;
	const struct nlmsgerr *e = NLMSG_DATA(h);
	struct nl_message m;

	request(&m, RTM_GETNEIGH, 0, dev, ndm, state, NULL);
	if (mac)
		nl_attr(&m, NDA_LLADDR, mac, len);
	if (master)
		nl_attr_u32(&m, NDA_MASTER, if_nametoindex(master));
	nl_send(vl, &m);
	CHECK(recv(vl, buf, sizeof(buf), 0) > 0);
	printf("%s: ", what);
	if (h->nlmsg_type == NLMSG_ERROR)
		printf("%s\n", t_errname(-e->error));
	else
		CHECK(show(h));
}

static void questions(void)
{
	one("by a port", "p1", NULL, NTF_MASTER, 0, MAC("\x32"), 6);
	one("by another port", "p2", NULL, NTF_MASTER, 0, MAC("\x32"), 6);
	one("without flags", "p2", NULL, 0, 0, MAC("\x32"), 6);
	one("by the bridge", "br0", NULL, NTF_SELF, 0, MAC("\x33"), 6);
	one("by the bridge's number", NULL, "br0", 0, 0, MAC("\x22"), 6);
	one("not there", NULL, "br0", 0, 0, MAC("\x39"), 6);
	one("no address", NULL, "br0", 0, 0, NULL, 0);
	one("a short address", NULL, "br0", 0, 0, MAC("\x32"), 5);
	one("no device", NULL, NULL, 0, 0, MAC("\x32"), 6);
	one("both", "p1", "br0", 0, 0, MAC("\x32"), 6);
	one("no bridge's port", "e1", NULL, 0, 0, MAC("\x32"), 6);
	one("the bridge as a port", "br0", NULL, NTF_MASTER, 0, MAC("\x32"), 6);
	one("a flag", "p1", NULL, NTF_ROUTER, 0, MAC("\x32"), 6);
	one("a state", "p1", NULL, NTF_MASTER, NUD_NOARP, MAC("\x32"), 6);
	one("a number of nothing", NULL, "nosuch", 0, 0, MAC("\x32"), 6);
	one("lo itself", "lo", NULL, NTF_SELF, 0, MAC("\x32"), 6);
	one("a master that is no bridge", NULL, "lo", 0, 0, MAC("\x32"), 6);
}

/* A second: then it is forgotten, and told. */
static void ageing(void)
{
	struct nl_message m;
	struct rtattr *a, *b;

	vl_set(&m, "br0");
	a = vl_nest(&m, IFLA_LINKINFO);
	nl_attr(&m, IFLA_INFO_KIND, "bridge", 6);
	b = vl_nest(&m, IFLA_INFO_DATA);
	nl_attr_u32(&m, IFLA_BR_AGEING_TIME, 100);
	vl_nest_end(&m, b);
	vl_nest_end(&m, a);
	vl_ask("a second", &m);
	told(1);
}

int main(void)
{
	vl_start();
	CHECK(vl_make(NULL, "bridge", "br0") == 0);
	vl_silent("br0");
	vl_address(NULL, "br0", "\x02\x00\x00\x00\x03\x01");
	CHECK(vl_up(NULL, "br0", true) == 0);
	pair(1);
	pair(2);
	vl_settle("br0", "up");
	news = nl_socket(NETLINK_ROUTE, RTMGRP_NEIGH);
	changes();
	questions();
	ageing();
	station("the last", RTM_DELNEIGH, 0, "br0", NTF_SELF, 0, MAC("\x33"));
	told(2);
	frame("e1", MAC("\x24"));
	told(1);
	vl_up("a port down", "p1", false);
	told(1);
	vl_master("a port leaves", "p1", NULL);
	told(1);
	vl_del(NULL, "br0");
	vl_del(NULL, "p1");
	vl_del(NULL, "p2");
	return 0;
}
