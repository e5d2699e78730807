// SPDX-License-Identifier: MPL-2.0
// What a program says of a link: its state (IFLA_OPERSTATE), its mode, which holds the state back
// when the carrier comes, and its broadcast address; and the metric of an address
// (IFA_RT_PRIORITY).
#include "../lib/virtual.h"

static void state(const char *what, const char *name, int attribute, uint8_t value)
{
	struct nl_message m;

	vl_set(&m, name);
	nl_attr(&m, attribute, &value, 1);
	vl_ask(what, &m);
	vl_show(name, false);
}

static void states(const char *name)
{
	printf("%s\n", name);
	for (int i = 0; i < 8; i++)
		state("a state", name, IFLA_OPERSTATE, i);
	state("up", name, IFLA_OPERSTATE, 6);
	state("testing", name, IFLA_OPERSTATE, 4);
	state("dormant after testing", name, IFLA_OPERSTATE, 5);
	state("up", name, IFLA_OPERSTATE, 6);
	state("dormant", name, IFLA_OPERSTATE, 5);
	vl_up("down", name, false);
	vl_show(name, false);
	vl_up("up", name, true);
	vl_show(name, false);
	state("ready", name, IFLA_OPERSTATE, 6);
}

/* The carrier of p7 comes and goes with e7. */
static void modes(void)
{
	for (int mode = 2; mode >= 0; mode--) {
		state("a mode", "p7", IFLA_LINKMODE, mode);
		vl_up("no carrier", "e7", false);
		vl_settle("p7", "lowerlayerdown");
		vl_show("p7", false);
		state("up without a carrier", "p7", IFLA_OPERSTATE, 6);
		vl_up("a carrier", "e7", true);
		vl_settle("p7", mode == 2 ? "testing" : mode == 1 ? "dormant" : "up");
		vl_show("p7", false);
	}
}

static void broadcast(const char *what, const void *address, size_t n)
{
	struct nl_message m;

	vl_set(&m, "d7");
	nl_attr(&m, IFLA_BROADCAST, address, n);
	vl_ask(what, &m);
	nl_new(&m, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	((struct ifinfomsg *)NLMSG_DATA(&m.h))->ifi_index = if_nametoindex("d7");
	nl_ask("it has", vl, &m);
}

static void made(void)
{
	struct nl_message m;
	uint8_t up = 6, mode = 1;

	vl_new(&m, "d8");
	nl_attr(&m, IFLA_OPERSTATE, &up, 1);
	nl_attr(&m, IFLA_LINKMODE, &mode, 1);
	nl_attr(&m, IFLA_BROADCAST, "\2\3\4\5\6\7", 6);
	nl_attr(&m, IFLA_ADDRESS, "\2\0\0\0\0\x18", 6);
	vl_kind(&m, "dummy");
	vl_ask("made with all of them", &m);
	vl_show("d8", true);
	vl_up("up", "d8", true);
	vl_show("d8", true);
	vl_del("gone", "d8");
}

/* ---- metrics ---- */

static void address(const char *what, int type, int flags, const char *text, int bits, int metric)
{
	struct nl_message m;
	struct ifaddrmsg *a = nl_new(&m, type, flags, sizeof(*a));

	a->ifa_family = strchr(text, ':') ? AF_INET6 : AF_INET;
	a->ifa_prefixlen = bits;
	a->ifa_index = if_nametoindex("d7");
	nl_attr_addr(&m, IFA_LOCAL, text);
	if (metric >= 0)
		nl_attr_u32(&m, 9, metric); // IFA_RT_PRIORITY
	vl_ask(what, &m);
}

static void routes(int family)
{
	struct nl_message m;
	struct rtmsg *r = nl_new(&m, RTM_GETROUTE, NLM_F_DUMP, sizeof(*r));
	int s = nl_socket(NETLINK_ROUTE, 0), one = 1;

	CHECK(setsockopt(s, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one)) == 0);
	r->rtm_family = family;
	r->rtm_table = RT_TABLE_MAIN;
	nl_dev = "d7";
	nl_ask("routes", s, &m);
	nl_dev = NULL;
	close(s);
}

static void metrics(void)
{
	address("IPv4", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, "10.7.0.1", 24, 700);
	routes(AF_INET);
	address("EEXIST", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, "10.7.0.1", 24, 701);
	address("another metric", RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, "10.7.0.1", 24, 701);
	routes(AF_INET);
	address("none", RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, "10.7.0.1", 24, -1);
	routes(AF_INET);
	address("IPv4 goes", RTM_DELADDR, 0, "10.7.0.1", 24, -1);
	routes(AF_INET);
	address("IPv6", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, "fd07::1", 64, 702);
	routes(AF_INET6);
	address("the usual one", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, "fd08::1", 64, 0);
	routes(AF_INET6);
	address("IPv6 goes", RTM_DELADDR, 0, "fd07::1", 64, -1);
	routes(AF_INET6);
}

int main(void)
{
	vl_start();
	vl_make("a dummy", "dummy", "d7");
	vl_address("its address", "d7", "\2\0\0\0\0\x17");
	state("up, of a device that is down", "d7", IFLA_OPERSTATE, 6);
	no_link_local(vl, "d7", 1);
	vl_up("up", "d7", true);
	vl_show("d7", true);
	states("d7");
	broadcast("short", "\2\2\2\2\2", 5);
	broadcast("an address", "\2\2\2\2\2\2", 6);
	broadcast("long", "\3\3\3\3\3\3\3", 7);
	broadcast("too long", "\4\4\4\4\4\4\4\4\4\4\4\4\4\4\4\4\4\4\4\4\4\4\4\4\4\4\4\4\4\4\4\4\4",
		33);
	metrics();
	made();
	vl_make_veth("a pair", "p7", "e7");
	no_link_local(vl, "p7", 1);
	no_link_local(vl, "e7", 1);
	vl_up("one end", "p7", true);
	vl_up("the other", "e7", true);
	vl_settle("p7", "up");
	vl_settle("e7", "up");
	vl_show("p7", false);
	states("p7");
	vl_settle("p7", "up");
	modes();
	vl_del("the pair goes", "p7");
	vl_del("the dummy goes", "d7");
	return 0;
}
