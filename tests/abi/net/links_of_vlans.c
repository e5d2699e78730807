// SPDX-License-Identifier: MPL-2.0
// VLANs: made and deleted, how they follow the device below, nesting, and frames with tags on the
// way out and in.
#include "../lib/virtual.h"

#define MAC_A "\x02\x00\x00\x00\x00\x0a"
#define MAC_B "\x02\x00\x00\x00\x00\x0b"
#define MAC_C "\x02\x00\x00\x00\x00\x0c"
#define MAC_D "\x02\x00\x00\x00\x00\x0d"

static int vlan_with(const char *what, int type, const void *data, size_t n, int id)
{
	struct nl_message m;
	struct rtattr *a, *b;
	uint16_t vid = id;

	vl_new(&m, "vx");
	nl_attr_u32(&m, IFLA_LINK, tap_index("va"));
	a = vl_nest(&m, IFLA_LINKINFO);
	nl_attr(&m, IFLA_INFO_KIND, "vlan", 4);
	b = vl_nest(&m, IFLA_INFO_DATA);
	if (id >= 0)
		nl_attr(&m, IFLA_VLAN_ID, &vid, 2);
	if (type)
		nl_attr(&m, type, data, n);
	vl_nest_end(&m, b);
	vl_nest_end(&m, a);
	return vl_ask(what, &m);
}

static void errors(void)
{
	struct nl_message m;
	struct ifla_vlan_flags f = { 0x80, 0x80 };
	uint16_t protocol = htons(0x0800);

	vl_make("without data", "vlan", "v5");
	vl_make_vlan("without a device below", "v5", NULL, 5);
	vl_make_vlan("number 4095", "v5", "va", 4095);
	vl_make_vlan("above lo", "v5", "lo", 5);
	vlan_with("without a number", 0, NULL, 0, -1);
	vlan_with("a bad flag", IFLA_VLAN_FLAGS, &f, sizeof(f), 6);
	vlan_with("a bad protocol", IFLA_VLAN_PROTOCOL, &protocol, 2, 6);
	vl_make_vlan("number 5", "v5", "va", 5);
	vl_make_vlan("number 5 again", "v55", "va", 5);
	vl_make_vlan("by its kind's name", NULL, "va", 7);
	vl_show("vlan0", true);
	vl_del("and gone", "vlan0");
	vl_new(&m, "vx");
	nl_attr_u32(&m, IFLA_LINK, 99999);
	vl_kind(&m, "vlan");
	vl_ask("no data", &m);
}

static void follows(void)
{
	vl_show("v5", true);
	vl_up("up, above one that is down", "v5", true);
	vl_up("the lower one up", "va", true);
	vl_settle("v5", "lowerlayerdown");
	vl_show("v5", true);
	vl_up("the peer up", "vb", true);
	vl_settle("v5", "up");
	vl_show("v5", true);
	vl_number("MTU above the lower one's", "v5", IFLA_MTU, 1501);
	vl_number("the lower one's MTU", "va", IFLA_MTU, 1400);
	vl_show("v5", true);
	vl_number("grows again", "va", IFLA_MTU, 1500);
	vl_show("v5", true);
	vl_number("so does the VLAN", "v5", IFLA_MTU, 1500);
	vl_address("the lower one's address", "va", MAC_C);
	vl_show("v5", true);
	vl_address("its own", "v5", MAC_D);
	vl_show("va", true);
	vl_address("the lower one's again", "va", MAC_A);
	vl_show("v5", true);
	vl_up("the lower one down", "va", false);
	vl_show("v5", true);
	vl_up("and up", "va", true);
	vl_settle("va", "up");
	vl_settle("vb", "up");
	vl_settle("v5", "up");
	vl_show("v5", true);
}

/* A frame with tags before its type, by a device. */
static void send_tagged(const char *dev, const char *to, const char *tags, int n)
{
	struct sockaddr_ll a = pk_addr(dev, ETH_P_8021Q);
	unsigned char b[64];
	int s = socket(AF_PACKET, SOCK_RAW, 0);

	CHECK(s >= 0);
	memcpy(b, to, 6);
	memcpy(b + 6, MAC_B, 6);
	memcpy(b + 12, tags, n);
	b[12 + n] = PK_TYPE >> 8;
	b[13 + n] = (unsigned char)PK_TYPE;
	memcpy(b + 14 + n, "hello", 5);
	CHECK(sendto(s, b, 19 + n, 0, (struct sockaddr *)&a, sizeof(a)) == 19 + n);
	close(s);
}

/* Receives with the tag that is beside the packet. */
static void recv_aux(const char *what, int s)
{
	char c[200];
	unsigned char b[100];
	struct iovec v = { b, sizeof(b) };
	struct msghdr m = {
		.msg_iov = &v, .msg_iovlen = 1, .msg_control = c, .msg_controllen = 200
	};
	struct pollfd p = { s, POLLIN, 0 };
	struct cmsghdr *h;
	int n;

	if (poll(&p, 1, 10000) != 1) {
		printf("%s: nothing came\n", what);
		return;
	}
	n = recvmsg(s, &m, 0);
	printf("%s:", what);
	for (int i = 0; i < n; i++)
		printf(" %02x", b[i]);
	for (h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h))
		if (h->cmsg_level == SOL_PACKET && h->cmsg_type == PACKET_AUXDATA) {
			struct tpacket_auxdata x;
			memcpy(&x, CMSG_DATA(h), sizeof(x));
			printf(" status %x tag %x protocol %x", x.tp_status & ~TP_STATUS_CSUM_VALID,
				x.tp_vlan_tci, x.tp_vlan_tpid);
		}
	printf("\n");
}

static int all_of(const char *dev)
{
	int s = pk_open(SOCK_RAW, dev, ETH_P_ALL);

	CHECK(pk_int(s, PACKET_AUXDATA, 1) == 0);
	CHECK(pk_int(s, PACKET_IGNORE_OUTGOING, 1) == 0);
	return s;
}

static void frames(void)
{
	int v = pk_open(SOCK_RAW, "v5", PK_TYPE), b = all_of("vb"), a = all_of("va");

	vl_send("by the VLAN", "v5", MAC_B, MAC_D, 9);
	recv_aux("the peer sees", b);
	send_tagged("vb", MAC_D, "\x81\x00\xe0\x05", 4);
	recv_aux("the lower one sees", a);
	vl_recv("the VLAN has", v);
	send_tagged("vb", MAC_A, "\x81\x00\x00\x05", 4);
	recv_aux("the lower one sees", a);
	vl_recv("to the lower one's address", v);
	send_tagged("vb", MAC_C, "\x81\x00\x00\x05", 4);
	recv_aux("the lower one sees", a);
	vl_recv("to nobody", v);
	send_tagged("vb", pk_all, "\x81\x00\x00\x06", 4);
	recv_aux("the lower one sees another VLAN's", a);
	send_tagged("vb", pk_all, "\x81\x00\x00\x05\x81\x00\x00\x07", 8);
	recv_aux("the lower one sees two tags", a);
	CHECK(vl_make_vlan("a VLAN of a VLAN", "v57", "v5", 7) == 0);
	vl_silent("v57");
	vl_show("v57", true);
	vl_up(NULL, "v57", true);
	vl_settle("v57", "up");
	close(v);
	v = pk_open(SOCK_RAW, "v57", PK_TYPE);
	send_tagged("vb", pk_all, "\x81\x00\x00\x05\x81\x00\x00\x07", 8);
	recv_aux("the lower one sees two tags", a);
	vl_recv("the inner VLAN has", v);
	vl_send("by the inner VLAN", "v57", MAC_B, MAC_D, 5);
	recv_aux("the peer sees", b);
	vl_send("too long", "v57", MAC_B, MAC_D, 1505);
	vl_send("long", "v57", MAC_B, MAC_D, 1500);
	/* Through a device without VLANs of its own. */
	CHECK(vl_make_vlan("a VLAN of the peer", "w5", "vb", 5) == 0);
	vl_ready("w5", MAC_B);
	vl_settle("w5", "up");
	close(v);
	v = pk_open(SOCK_RAW, "w5", PK_TYPE);
	vl_send("from one VLAN to the other", "v5", MAC_B, MAC_D, 3);
	vl_recv("came", v);
	close(v);
	close(a);
	close(b);
}

/* A program's frames have their tag in the bytes. */
static void above_a_tap(void)
{
	unsigned char b[64];
	int fd = tap_open("tp0", IFF_TAP), s, n, a;

	vl_ready("tp0", MAC_A);
	CHECK(vl_make_vlan("above a tap", "tp.5", "tp0", 5) == 0);
	vl_silent("tp.5");
	CHECK(vl_up(NULL, "tp.5", true) == 0);
	vl_settle("tp.5", "up");
	s = pk_open(SOCK_RAW, "tp.5", PK_TYPE);
	a = all_of("tp0");
	n = pk_frame(b, MAC_A, MAC_B, 0x8100, 9);
	memcpy(b + 14, "\x20\x05\x88\xb5", 4);
	CHECK(write(fd, b, n) == n);
	recv_aux("the tap has", a);
	vl_recv("the VLAN above it has", s);
	close(a);
	close(s);
	close(fd);
}

/* Each above the last one: how many there can be. */
static void nesting(void)
{
	char name[2][16] = { "n0", "" };
	int n;

	CHECK(vl_make(NULL, "dummy", "n0") == 0);
	for (n = 1; n < 20; n++) {
		sprintf(name[n & 1], "n%d", n);
		if (vl_make_vlan(NULL, name[n & 1], name[!(n & 1)], 1))
			break;
	}
	printf("%d devices above each other\n", n);
	vl_make_vlan("one more", name[n & 1], name[!(n & 1)], 1);
	vl_del("the lowest one", "n0");
	vl_show("n1", true);
	vl_show("n5", true);
}

int main(void)
{
	vl_start();
	CHECK(vl_make_veth(NULL, "va", "vb") == 0);
	vl_silent("va");
	vl_silent("vb");
	CHECK(vl_address(NULL, "va", MAC_A) == 0 && vl_address(NULL, "vb", MAC_B) == 0);
	errors();
	vl_silent("v5");
	follows();
	frames();
	above_a_tap();
	nesting();
	vl_del("the lower one", "va");
	vl_show("v5", true);
	vl_show("v57", true);
	vl_show("w5", true);
	return 0;
}
