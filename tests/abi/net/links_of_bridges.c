// SPDX-License-Identifier: MPL-2.0
// Bridges: ports, what a bridge has of them, learning and forwarding, its table of stations, VLANs
// above it, and a loop that does not hold the machine up.
#include "../lib/virtual.h"

#define MAC(n) "\x02\x00\x00\x00\x00" n
#define BRIDGE "\x02\x00\x00\x00\x00\xbb"
#define P1     MAC("\x11") // addresses of the ports
#define P2     MAC("\x12")
#define P3     MAC("\x13")
#define S1     MAC("\x21") // of stations behind them
#define S2     MAC("\x22")
#define S3     MAC("\x23")

static int end[4]; // sockets at the far ends of the ports

/* Port number @n is pN, its far end eN. */
static void pair(int n)
{
	static const char *const port[] = { "", P1, P2, P3 };
	char p[8], e[8], far[6] = "\x02\x00\x00\x00\x01";

	sprintf(p, "p%d", n);
	sprintf(e, "e%d", n);
	far[5] = n;
	CHECK(vl_make_veth(NULL, p, e) == 0);
	vl_ready(p, port[n]);
	vl_ready(e, far);
	vl_settle(p, "up");
	vl_settle(e, "up");
	end[n] = pk_open(SOCK_RAW, e, PK_TYPE);
}

/* Which of the far ends a frame comes to; all that is before it in their queues is gone. */
static void goes(const char *what, int from, const char *to, const char *source)
{
	char e[8];
	int at_bridge = pk_open(SOCK_RAW, "br0", PK_TYPE);

	sprintf(e, "e%d", from);
	for (int i = 1; i < 4; i++)
		pk_drain(end[i]);
	vl_send(what, e, to, source, 4);
	/* Frames to all, one after the other: what was before has come when this one has. */
	{
		struct sockaddr_ll a = pk_addr(e, PK_TYPE);
		unsigned char b[100];
		int s = socket(AF_PACKET, SOCK_RAW, 0);
		CHECK(sendto(s, b, pk_frame(b, pk_all, source, PK_TYPE, 44), 0,
			      (struct sockaddr *)&a, sizeof(a)) == 58);
		close(s);
	}
	for (int i = 1; i < 4; i++) {
		unsigned char b[100];
		int n = 0, seen = 0;

		if (i == from)
			continue;
		while (n != 58) {
			struct pollfd p = { end[i], POLLIN, 0 };
			CHECK(poll(&p, 1, 10000) == 1);
			n = recv(end[i], b, sizeof(b), 0);
			seen += n == 18;
		}
		printf("  e%d %d", i, seen);
	}
	for (int n = 0, seen = 0; n != 58;) {
		unsigned char b[100];
		struct pollfd p = { at_bridge, POLLIN, 0 };
		CHECK(poll(&p, 1, 10000) == 1);
		n = recv(at_bridge, b, sizeof(b), 0);
		seen += n == 18;
		if (n == 58)
			printf("  bridge %d\n", seen);
	}
	close(at_bridge);
}

/* ---- the table ---- */

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void stations(const char *what)
{
	static char buf[32768], line[64][100];
	struct nl_message m;
	int n = 0;

	nl_new(&m, RTM_GETNEIGH, NLM_F_DUMP, sizeof(struct ndmsg));
	((struct ndmsg *)NLMSG_DATA(&m.h))->ndm_family = AF_BRIDGE;
	nl_send(vl, &m);
	for (bool end = false; !end;) {
		int len = recv(vl, buf, sizeof(buf), 0);
		CHECK(len > 0);
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
			struct ndmsg *d = NLMSG_DATA(h);
			const struct rtattr *a = (void *)((char *)d + NLMSG_ALIGN(sizeof(*d)));
			int k = NLMSG_PAYLOAD(h, sizeof(*d)), l;
			const unsigned char *mac;
			const uint32_t *master;

			end = h->nlmsg_type == NLMSG_DONE;
			if (h->nlmsg_type != RTM_NEWNEIGH || d->ndm_flags & NTF_SELF)
				continue;
			/* Linux filters by VLANs, too, and has own addresses once more for that. */
			if (nl_find(a, k, NDA_VLAN, &l))
				continue;
			mac = nl_find(a, k, NDA_LLADDR, &l);
			CHECK(mac && l == 6 && n < 64);
			master = nl_find(a, k, NDA_MASTER, &l);
			snprintf(line[n++], 100, "  %02x:%02x dev %s state %x flags %x type %d %s",
				mac[4], mac[5], nl_name(d->ndm_ifindex), d->ndm_state, d->ndm_flags,
				d->ndm_type, master ? "of a bridge" : "");
		}
	}
	qsort(line, n, 100, compare);
	printf("%s:\n", what);
	for (int i = 0; i < n; i++)
		printf("%s\n", line[i]);
}

static int station(const char *what, int type, int flags, const char *dev, int ndm_flags, int state,
	const char *mac, int len)
{
	struct nl_message m;
	struct ndmsg *d = nl_new(&m, type, flags, sizeof(*d));

	d->ndm_family = AF_BRIDGE;
	d->ndm_ifindex = dev ? if_nametoindex(dev) : 0;
	d->ndm_flags = ndm_flags;
	d->ndm_state = state;
	if (mac)
		nl_attr(&m, NDA_LLADDR, mac, len);
	return vl_ask(what, &m);
}

static void set_stations(void)
{
	int make = NLM_F_CREATE | NLM_F_EXCL;

	station("static", RTM_NEWNEIGH, make, "p2", NTF_MASTER, NUD_NOARP, MAC("\x31"), 6);
	station("again", RTM_NEWNEIGH, make, "p2", NTF_MASTER, NUD_NOARP, MAC("\x31"), 6);
	station("at another port", RTM_NEWNEIGH, NLM_F_CREATE, "p3", NTF_MASTER, NUD_NOARP,
		MAC("\x31"), 6);
	station("permanent", RTM_NEWNEIGH, make, "p2", NTF_MASTER, NUD_PERMANENT, MAC("\x32"), 6);
	station("reachable", RTM_NEWNEIGH, make, "p2", NTF_MASTER, NUD_REACHABLE, MAC("\x33"), 6);
	station("the bridge's", RTM_NEWNEIGH, make, "br0", NTF_SELF, NUD_PERMANENT, MAC("\x34"), 6);
	station("the bridge's, not permanent", RTM_NEWNEIGH, make, "br0", NTF_SELF, NUD_NOARP,
		MAC("\x35"), 6);
	station("not there", RTM_NEWNEIGH, 0, "p2", NTF_MASTER, NUD_NOARP, MAC("\x36"), 6);
	station("no state", RTM_NEWNEIGH, make, "p2", NTF_MASTER, 0, MAC("\x36"), 6);
	station("zero", RTM_NEWNEIGH, make, "p2", NTF_MASTER, NUD_NOARP, pk_zero, 6);
	station("short", RTM_NEWNEIGH, make, "p2", NTF_MASTER, NUD_NOARP, P1, 5);
	station("no address", RTM_NEWNEIGH, make, "p2", NTF_MASTER, NUD_NOARP, NULL, 0);
	station("no device", RTM_NEWNEIGH, make, NULL, NTF_MASTER, NUD_NOARP, P1, 6);
	station("of no bridge", RTM_NEWNEIGH, make, "e2", NTF_MASTER, NUD_NOARP, P1, 6);
	stations("set");
	goes("to the static one", 1, MAC("\x31"), S1);
	goes("to the permanent one", 1, MAC("\x32"), S1);
	goes("to the bridge's", 1, MAC("\x34"), S1);
	station("deleted at another port", RTM_DELNEIGH, 0, "p2", NTF_MASTER, 0, MAC("\x31"), 6);
	station("deleted", RTM_DELNEIGH, 0, "p3", NTF_MASTER, 0, MAC("\x31"), 6);
	station("again", RTM_DELNEIGH, 0, "p3", NTF_MASTER, 0, MAC("\x31"), 6);
	station("deleted at no port", RTM_DELNEIGH, 0, "e2", NTF_MASTER, 0, MAC("\x32"), 6);
	station("the bridge's", RTM_DELNEIGH, 0, "br0", NTF_SELF, 0, MAC("\x34"), 6);
	station(NULL, RTM_DELNEIGH, 0, "p2", NTF_MASTER, 0, MAC("\x32"), 6);
	station(NULL, RTM_DELNEIGH, 0, "p2", NTF_MASTER, 0, MAC("\x33"), 6);
	stations("deleted");
}

/* ---- what ports do ---- */

/* By AF_BRIDGE, as `bridge link set` does, or as a property of a link that has a master. */
static void port_is(const char *what, const char *name, bool by_bridge, int attribute,
	uint8_t value, int n)
{
	struct nl_message m;
	struct rtattr *a, *b = NULL;
	struct ifinfomsg *i = nl_new(&m, by_bridge ? RTM_SETLINK : RTM_NEWLINK, 0, sizeof(*i));

	i->ifi_index = if_nametoindex(name);
	i->ifi_family = by_bridge ? AF_BRIDGE : AF_UNSPEC;
	a = vl_nest(&m, by_bridge ? IFLA_PROTINFO | NLA_F_NESTED : IFLA_LINKINFO);
	if (!by_bridge) {
		nl_attr(&m, IFLA_INFO_SLAVE_KIND, "bridge", 7);
		b = vl_nest(&m, IFLA_INFO_SLAVE_DATA);
	}
	nl_attr(&m, attribute, &value, n);
	if (b)
		vl_nest_end(&m, b);
	vl_nest_end(&m, a);
	vl_ask(what, &m);
}

/* The flags of a port, as it tells them. */
static void port_tells(const char *name)
{
	static const int flags[] = { IFLA_BRPORT_MODE, IFLA_BRPORT_LEARNING,
		IFLA_BRPORT_UNICAST_FLOOD, IFLA_BRPORT_MCAST_FLOOD, IFLA_BRPORT_BCAST_FLOOD,
		IFLA_BRPORT_ISOLATED };
	static char buf[32768];
	struct nl_message m;
	struct ifinfomsg *i = nl_new(&m, RTM_GETLINK, 0, sizeof(*i));
	const struct rtattr *a, *b;
	int n, k, l;

	i->ifi_index = if_nametoindex(name);
	nl_send(vl, &m);
	CHECK(recv(vl, buf, sizeof(buf), 0) > 0);
	i = NLMSG_DATA((struct nlmsghdr *)buf);
	a = nl_find(IFLA_RTA(i), IFLA_PAYLOAD((struct nlmsghdr *)buf), IFLA_LINKINFO, &n);
	b = nl_find(a, n, IFLA_INFO_SLAVE_DATA, &k);
	printf("  %s:", name);
	for (unsigned j = 0; j < sizeof(flags) / sizeof(*flags); j++)
		printf(" %d", *(const uint8_t *)nl_find(b, k, flags[j], &l));
	printf("\n");
}

/* Whether a frame of the first comes to the second; one to the third, behind it, does. */
static void to_second(const char *what)
{
	struct pollfd p = { end[2], POLLIN, 0 };

	pk_drain(end[2]);
	pk_drain(end[3]);
	vl_send(what, "e1", S2, S1, 4);
	vl_send("and to the third", "e1", S3, S1, 5);
	vl_recv("came", end[3]);
	printf("  e2 %d\n", poll(&p, 1, 0));
}

static void port_options(void)
{
	goes("known", 3, S1, S3);
	goes("known", 2, S1, S2);
	goes("known", 1, S2, S1);
	for (int v = 0; v < 2; v++) {
		port_is("strangers", "p3", true, IFLA_BRPORT_UNICAST_FLOOD, v, 1);
		port_tells("p3");
		goes("to a stranger", 1, MAC("\x51"), S1);
		goes("to a group", 1, "\x01\x00\x5e\x00\x00\x99", S1);
		port_is("groups", "p3", false, IFLA_BRPORT_MCAST_FLOOD, v, 1);
		port_tells("p3");
		goes("to a group", 1, "\x01\x00\x5e\x00\x00\x99", S1);
		vl_send("by the bridge to a group", "br0", "\x01\x00\x5e\x00\x00\x98", BRIDGE, 7);
	}
	port_is("not between the isolated", "p1", true, IFLA_BRPORT_ISOLATED, 1, 1);
	port_is("another", "p2", true, IFLA_BRPORT_ISOLATED, 1, 1);
	port_tells("p2");
	to_second("to one of them");
	goes("to a group", 3, "\x01\x00\x5e\x00\x00\x99", S3);
	port_is("no more", "p1", true, IFLA_BRPORT_ISOLATED, 0, 1);
	port_is("no more", "p2", true, IFLA_BRPORT_ISOLATED, 0, 1);
	to_second("to one of them");
	port_is("learns nothing", "p2", true, IFLA_BRPORT_LEARNING, 0, 1);
	goes("a new one", 2, S1, MAC("\x52"));
	goes("not learned", 1, MAC("\x52"), S1);
	port_is("learns", "p2", true, IFLA_BRPORT_LEARNING, 1, 1);
	goes("a new one", 2, S1, MAC("\x52"));
	goes("learned", 1, MAC("\x52"), S1);
	port_is("no broadcasts, which are not sent", "p3", true, IFLA_BRPORT_BCAST_FLOOD, 0, 1);
	port_tells("p3");
	port_is("and back", "p3", true, IFLA_BRPORT_BCAST_FLOOD, 1, 1);
	port_is("no value", "p3", true, IFLA_BRPORT_LEARNING, 0, 0);
	port_is("no port", "e3", true, IFLA_BRPORT_LEARNING, 0, 1);
	port_is("no port either", "e3", false, IFLA_BRPORT_LEARNING, 0, 1);
	port_is("no device", "nosuch", true, IFLA_BRPORT_LEARNING, 0, 1);
	station(NULL, RTM_DELNEIGH, 0, "p2", NTF_MASTER, 0, MAC("\x52"), 6);
}

/* ---- ports ---- */

static void ports(void)
{
	vl_make("by its kind's name", "bridge", NULL);
	vl_del(NULL, "bridge0");
	vl_make("a bridge", "bridge", "br0");
	vl_silent("br0");
	vl_show("br0", false);
	vl_up("up", "br0", true);
	vl_settle("br0", "unknown");
	vl_show("br0", false);
	vl_master("no such master", "p1", "nosuch");
	vl_master("p1", "p1", "br0");
	vl_settle("br0", "up");
	vl_show("br0", true);
	vl_show("p1", true);
	vl_master("p1 again", "p1", "br0");
	vl_number("no such index", "p2", IFLA_MASTER, 999999);
	vl_master("master that is no bridge", "p2", "e3");
	vl_master("lo", "lo", "br0");
	vl_master("itself", "br0", "br0");
	CHECK(vl_make(NULL, "bridge", "br1") == 0);
	vl_master("a bridge in a bridge", "br1", "br0");
	CHECK(vl_make_vlan(NULL, "brv", "br0", 5) == 0);
	vl_master("a VLAN of the bridge", "brv", "br0");
	vl_master("a VLAN in another bridge", "brv", "br1");
	vl_show("brv", true);
	vl_make_vlan("a VLAN of that", "brvv", "br1", 6);
	vl_master("in a circle", "brvv", "br0");
	vl_del(NULL, "brv");
	vl_del(NULL, "brvv");
	vl_del(NULL, "br1");
	vl_master("p2", "p2", "br0");
	vl_master("p3", "p3", "br0");
	vl_number("a port's MTU", "p2", IFLA_MTU, 1400);
	vl_show("br0", true);
	vl_number("and back", "p2", IFLA_MTU, 1500);
	vl_show("br0", true);
	vl_address("a lower address", "p3", MAC("\x03"));
	vl_show("br0", true);
	vl_address("and back", "p3", P3);
	vl_show("br0", true);
	stations("own addresses");
	vl_address("set by a program", "br0", BRIDGE);
	vl_show("br0", true);
	stations("own addresses");
}

static void forwarding(void)
{
	goes("to nobody known", 1, S2, S1);
	stations("learned");
	goes("to the first", 2, S1, S2);
	goes("to the second", 1, S2, S1);
	goes("to the second, of the third", 3, S2, S3);
	goes("to one at the same port", 2, S2, S3);
	goes("to the bridge", 1, BRIDGE, S1);
	goes("to a port's address", 1, P2, S1);
	goes("to a group", 1, "\x01\x00\x5e\x00\x00\x99", S1);
	goes("spanning tree", 1, "\x01\x80\xc2\x00\x00\x00", S1);
	goes("pause", 1, "\x01\x80\xc2\x00\x00\x01", S1);
	goes("LLDP", 1, "\x01\x80\xc2\x00\x00\x0e", S1);
	stations("learned");
	pk_drain(end[1]);
	vl_send("by the bridge", "br0", S1, BRIDGE, 5);
	vl_recv("came", end[1]);
	vl_send("by the bridge to all", "br0", pk_all, BRIDGE, 6);
	vl_recv("came", end[1]);
	vl_recv("came", end[2]);
	vl_recv("came", end[3]);
	vl_up("a port down", "p2", false);
	vl_show("p2", true);
	stations("its stations");
	vl_up("and up", "p2", true);
	vl_settle("p2", "up");
	vl_settle("e2", "up");
	vl_master("leaves", "p3", NULL);
	vl_show("p3", true);
	stations("its stations");
	vl_master("comes", "p3", "br0");
}

static void ageing(void)
{
	struct nl_message m;
	struct rtattr *a, *b;

	goes("known", 2, S1, S2);
	goes("known", 1, S2, S1);
	vl_set(&m, "br0");
	a = vl_nest(&m, IFLA_LINKINFO);
	nl_attr(&m, IFLA_INFO_KIND, "bridge", 6);
	b = vl_nest(&m, IFLA_INFO_DATA);
	nl_attr_u32(&m, IFLA_BR_AGEING_TIME, 0);
	vl_nest_end(&m, b);
	vl_nest_end(&m, a);
	vl_ask("no time", &m);
	/* What was known Linux forgets a little later; of others it learns nothing. */
	goes("to nobody known", 2, MAC("\x41"), MAC("\x42"));
	goes("not learned", 1, MAC("\x42"), MAC("\x41"));
}

/* Two bridges with two links between them. */
static void loop(void)
{
	unsigned char b[2000];
	struct sockaddr_ll a;
	int s;

	for (int i = 0; i < 2; i++) {
		char br[8] = "la", one[8], other[8];
		br[1] = 'a' + i;
		CHECK(vl_make(NULL, "bridge", br) == 0);
		vl_silent(br);
		sprintf(one, "l%da", i);
		sprintf(other, "l%db", i);
		CHECK(vl_make_veth(NULL, one, other) == 0);
	}
	for (int i = 0; i < 4; i++) {
		char name[8] = "l0a", br[8] = "la";
		name[1] = '0' + i / 2;
		name[2] = br[1] = 'a' + i % 2;
		vl_silent(name);
		CHECK(vl_master(NULL, name, br) == 0 && vl_up(NULL, name, true) == 0);
	}
	CHECK(vl_up(NULL, "la", true) == 0 && vl_up(NULL, "lb", true) == 0);
	vl_settle("la", "up");
	vl_settle("lb", "up");
	a = pk_addr("la", PK_TYPE);
	s = socket(AF_PACKET, SOCK_RAW, 0);
	for (int i = 0; i < 20; i++)
		CHECK(sendto(s, b, pk_frame(b, pk_all, S1, PK_TYPE, 100), 0, (struct sockaddr *)&a,
			      sizeof(a)) > 0);
	close(s);
	vl_del("a bridge of a loop", "lb");
	vl_show("l0b", false);
	vl_del("the other", "la");
	vl_del("a link", "l0a");
	vl_del("the other", "l1b");
}

int main(void)
{
	vl_start();
	for (int i = 1; i < 4; i++)
		pair(i);
	ports();
	forwarding();
	port_options();
	set_stations();
	ageing();
	vl_del("the bridge", "br0");
	vl_show("p1", true);
	stations("none");
	loop();
	for (int i = 1; i < 4; i++) {
		char name[8] = "p1";
		name[1] = '0' + i;
		vl_del(NULL, name);
		close(end[i]);
	}
	return 0;
}
