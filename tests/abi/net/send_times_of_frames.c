// SPDX-License-Identifier: MPL-2.0
// SO_TIMESTAMPING on packet sockets, and on datagrams that leave by a pair, a VLAN and in
// fragments.
#include "../lib/stamps.h"
#include "../lib/virtual.h"

static void address(const char *dev, const char *text)
{
	struct ifreq r = { 0 };
	union net_addr a = net_addr(text, 0);
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	strcpy(r.ifr_name, dev);
	memcpy(&r.ifr_addr, &a.in, sizeof(a.in));
	CHECK(ioctl(s, SIOCSIFADDR, &r) == 0);
	close(s);
}

static void frames(const char *dev, int kind)
{
	struct sockaddr_ll ll = pk_addr(dev, 0x88b5);
	unsigned char b[100] = { 0 };
	int s = pk_open(kind, dev, 0x88b5);

	printf("-- %s, %s\n", dev, kind == SOCK_RAW ? "with the header" : "without the header");
	memcpy(ll.sll_addr, "\x02\x00\x00\x00\x00\x0b", 6);
	ll.sll_halen = 6;
	b[12] = 0x88;
	b[13] = 0xb5;
	CHECK(stamps_on(s, TX_SOFT | TX_SCHED | SOFT | OPT_ID) == 0);
	CHECK(sendto(s, b, 60, 0, (void *)&ll, sizeof(ll)) == 60);
	stamps_get("scheduled", s, true, 4096);
	stamps_get("sent", s, true, 4096);
	CHECK(stamps_on(s, TX_SOFT | SOFT | OPT_ID | TSONLY) == 0);
	CHECK(sendto(s, b, 60, 0, (void *)&ll, sizeof(ll)) == 60);
	stamps_get("only the time", s, true, 4096);
	stamps_get("no more", s, false, 4096);
	close(s);
}

/* A datagram to a neighbour that is known. */
static void datagrams(const char *dev, const char *from, const char *to, size_t len)
{
	static char big[6000];
	union net_addr at = net_addr(to, 9), own = net_addr(from, 0);
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct nl_message m;
	struct ndmsg *n = nl_new(&m, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*n));

	printf("-- %s, %zu bytes\n", dev, len);
	n->ndm_family = AF_INET;
	n->ndm_state = NUD_PERMANENT;
	n->ndm_ifindex = if_nametoindex(dev);
	nl_attr(&m, NDA_DST, &at.in.sin_addr, 4);
	nl_attr(&m, NDA_LLADDR, "\x02\x00\x00\x00\x00\x0b", 6);
	vl_ask("neighbour", &m);
	CHECK(bind(s, &own.any, net_len(&own)) == 0);
	CHECK(stamps_on(s, TX_SOFT | TX_SCHED | SOFT | OPT_ID) == 0);
	CHECK(sendto(s, big, len, 0, &at.any, net_len(&at)) == len);
	while (stamps_get("entry", s, false, sizeof(big)) >= 0)
		;
	CHECK(sendto(s, big, len, 0, &at.any, net_len(&at)) == len);
	while (stamps_get("entry", s, false, sizeof(big)) >= 0)
		;
	close(s);
}

int main(void)
{
	vl_start();
	frames("lo", SOCK_RAW);
	frames("lo", SOCK_DGRAM);
	vl_make_veth("pair", "va", "vb");
	vl_silent("va");
	vl_silent("vb");
	vl_up("up", "va", true);
	vl_up("up", "vb", true);
	vl_settle("va", "up");
	vl_make_vlan("VLAN", "v5", "va", 5);
	vl_silent("v5");
	vl_up("up", "v5", true);
	vl_settle("v5", "up");
	address("va", "10.9.8.1");
	address("v5", "192.168.5.1");
	frames("va", SOCK_RAW);
	frames("va", SOCK_DGRAM);
	datagrams("va", "10.9.8.1", "10.9.8.2", 100);
	datagrams("va", "10.9.8.1", "10.9.8.2", 4000);
	datagrams("v5", "192.168.5.1", "192.168.5.2", 100);
	vl_del("gone", "va");
	return 0;
}
