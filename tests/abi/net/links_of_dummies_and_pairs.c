// SPDX-License-Identifier: MPL-2.0
// Dummy devices and veth pairs: made and deleted by NETLINK_ROUTE, names, errors, carrier, and
// frames from one end to the other.
#include "../lib/virtual.h"

#define MAC_A "\x02\x00\x00\x00\x00\x0a"
#define MAC_B "\x02\x00\x00\x00\x00\x0b"
#define MAC_C "\x02\x00\x00\x00\x00\x0c"

static void names(void)
{
	struct nl_message m;
	struct ifinfomsg *i;

	vl_make("dummy without a name", "dummy", NULL);
	vl_make("and another", "dummy", NULL);
	vl_show("dummy0", false);
	vl_show("dummy1", false);
	vl_make("a pattern", "dummy", "dum%d");
	vl_show("dum0", false);
	vl_make("a bad pattern", "dummy", "dum%s");
	vl_make("a name with a blank", "dummy", "a b");
	vl_make("a name with a slash", "dummy", "a/b");
	vl_make("it exists", "dummy", "dummy1");
	vl_make("lo exists", "dummy", "lo");
	vl_make("no such kind", "nosuchkind", "x0");
	vl_make("tun cannot be made so", "tun", "x0");
	vl_new(&m, "x0");
	vl_ask("no kind", &m);
	vl_set(&m, "dummy0");
	vl_kind(&m, "dummy");
	vl_ask("change of a dummy", &m);
	vl_set(&m, "dummy0");
	vl_kind(&m, "veth");
	vl_ask("change to another kind", &m);
	i = nl_new(&m, RTM_NEWLINK, 0, sizeof(*i));
	nl_attr(&m, IFLA_IFNAME, "x0", 3);
	vl_kind(&m, "dummy");
	vl_ask("not to be made", &m);
	i = vl_new(&m, "x0");
	i->ifi_index = -3;
	vl_kind(&m, "dummy");
	vl_ask("a negative index", &m);
	vl_del("none", "nosuch");
	vl_del("lo", "lo");
	vl_del("dum0", "dum0");
	vl_del("again", "dum0");
	vl_del("dummy0", "dummy0");
	vl_make("the free number", "dummy", NULL);
	vl_show("dummy0", false);
	vl_del(NULL, "dummy0");
	vl_del(NULL, "dummy1");
}

static void attributes(void)
{
	struct nl_message m;
	struct ifinfomsg *i;

	i = vl_new(&m, "d7");
	i->ifi_flags = i->ifi_change = IFF_UP;
	nl_attr_u32(&m, IFLA_MTU, 1234);
	nl_attr_u32(&m, IFLA_TXQLEN, 77);
	nl_attr(&m, IFLA_ADDRESS, MAC_A, 6);
	vl_kind(&m, "dummy");
	vl_ask("with attributes", &m);
	vl_show("d7", true);
	vl_number("a large MTU", "d7", IFLA_MTU, 60000);
	vl_number("group", "d7", IFLA_GROUP, 5);
	vl_show("d7", true);
	vl_address("a group's address", "d7", "\x01\x00\x00\x00\x00\x01");
	vl_address("no address", "d7", "\0\0\0\0\0\0");
	vl_address("another", "d7", MAC_B);
	vl_up("down", "d7", false);
	vl_show("d7", true);
	vl_del("gone", "d7");
	vl_new(&m, "d8");
	nl_attr(&m, IFLA_ADDRESS, "\x01\x00\x00\x00\x00\x01", 6);
	vl_kind(&m, "dummy");
	vl_ask("made with a group's address", &m);
	vl_new(&m, "d8");
	nl_attr(&m, IFLA_ADDRESS, "123", 3);
	vl_kind(&m, "dummy");
	vl_ask("made with a short one", &m);
	vl_new(&m, "d8");
	nl_attr_u32(&m, IFLA_MTU, 67);
	vl_kind(&m, "veth");
	vl_ask("a pair with a small MTU", &m);
	vl_new(&m, "d8");
	nl_attr_u32(&m, IFLA_MTU, 65536);
	vl_kind(&m, "veth");
	vl_ask("a pair with a large MTU", &m);
	vl_show("d8", true);
}

static void dummy_sends(void)
{
	int s;

	CHECK(vl_make(NULL, "dummy", "d9") == 0);
	vl_ready("d9", MAC_A);
	s = pk_open(SOCK_RAW, "d9", ETH_P_ALL);
	vl_send("by a dummy", "d9", MAC_B, MAC_A, 20);
	vl_recv("it is seen", s);
	close(s);
	CHECK(vl_del(NULL, "d9") == 0);
}

static void carrier(void)
{
	vl_make_veth("a pair", "va", "vb");
	vl_show("va", false);
	vl_show("vb", false);
	vl_silent("va");
	vl_silent("vb");
	vl_up("one up", "va", true);
	vl_settle("va", "lowerlayerdown");
	vl_show("va", false);
	vl_show("vb", false);
	vl_up("both up", "vb", true);
	vl_settle("va", "up");
	vl_settle("vb", "up");
	vl_show("va", false);
	vl_show("vb", false);
	vl_up("one down", "va", false);
	vl_settle("vb", "lowerlayerdown");
	vl_show("va", false);
	vl_show("vb", false);
	vl_make_veth("a name that is there", "vb", "vc");
	vl_make_veth("a peer's name that is there", "vc", "vb");
	vl_make_veth("twice the same", "vc", "vc");
	vl_show("vc", false);
	vl_make_veth("any peer", "vc", NULL);
	vl_show("vc", false);
	vl_show("veth0", false);
	vl_del("the peer", "veth0");
	vl_show("vc", false);
	vl_del("one", "vb");
	vl_show("va", false);
}

static void frames(void)
{
	int a, b;

	vl_make_veth("a pair", "va", "vb");
	vl_ready("va", MAC_A);
	vl_ready("vb", MAC_B);
	vl_settle("va", "up");
	vl_settle("vb", "up");
	a = pk_open(SOCK_RAW, "va", PK_TYPE);
	b = pk_open(SOCK_RAW, "vb", PK_TYPE);
	vl_send("to its address", "va", MAC_B, MAC_A, 20);
	vl_recv("came", b);
	vl_send("to another address", "va", MAC_C, MAC_A, 20);
	vl_recv("came", b);
	vl_send("to all", "vb", pk_all, MAC_B, 30);
	vl_recv("came", a);
	vl_send("to a group", "vb", "\x01\x00\x5e\x00\x00\x99", MAC_B, 1);
	vl_recv("came", a);
	vl_number(NULL, "va", IFLA_MTU, 2000);
	vl_send("larger than the other takes", "va", MAC_B, MAC_A, 1505);
	vl_send("as large as with a tag", "va", MAC_B, MAC_A, 1504);
	vl_recv("came", b);
	vl_send("larger than it is", "vb", MAC_A, MAC_B, 1505);
	vl_up(NULL, "vb", false);
	vl_settle("va", "lowerlayerdown");
	vl_send("to one that is down", "va", MAC_B, MAC_A, 20);
	vl_send("by one that is down", "vb", MAC_A, MAC_B, 20);
	vl_up(NULL, "vb", true);
	vl_settle("va", "up");
	vl_settle("vb", "up");
	vl_send("again", "va", MAC_B, MAC_A, 7);
	pk_drain(a);
	pk_recv("an error first", b, 64, 0, true);
	vl_recv("came", b);
	vl_del("with sockets", "va");
	close(a);
	close(b);
}

static void by_users(void)
{
	IN_CHILD("a user", {
		CHECK(setgid(1000) == 0 && setuid(1000) == 0);
		vl = nl_socket(NETLINK_ROUTE, 0);
		vl_make("made by a user", "dummy", "du");
		vl_make("no kind, by a user", "nosuchkind", "du");
		vl_del("deleted by a user", "d0");
	});
}

int main(void)
{
	vl_start();
	names();
	attributes();
	dummy_sends();
	carrier();
	frames();
	CHECK(vl_make(NULL, "dummy", "d0") == 0);
	by_users();
	CHECK(vl_del(NULL, "d0") == 0);
	return 0;
}
