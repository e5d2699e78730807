// SPDX-License-Identifier: MPL-2.0
// Options of SOL_PACKET: what they are at first, lengths and pointers that are refused, values.
#include "../lib/packet.h"

struct option {
	int name;
	const char *text;
};
#define O(n) { n, #n }
static const struct option options[] = { O(PACKET_ADD_MEMBERSHIP), O(PACKET_RX_RING),
	O(PACKET_STATISTICS), O(PACKET_AUXDATA), O(PACKET_ORIGDEV), O(PACKET_VERSION),
	O(PACKET_HDRLEN), O(PACKET_RESERVE), O(PACKET_TX_RING), O(PACKET_LOSS), O(PACKET_VNET_HDR),
	O(PACKET_TIMESTAMP), O(PACKET_FANOUT), O(PACKET_TX_HAS_OFF), O(PACKET_QDISC_BYPASS),
	O(PACKET_ROLLOVER_STATS), O(PACKET_FANOUT_DATA), O(PACKET_IGNORE_OUTGOING), { 99, "99" } };

static void get(int s, const struct option *o, socklen_t room)
{
	unsigned char b[64];
	int r;

	memset(b, 0, sizeof(b));
	r = getsockopt(s, SOL_PACKET, o->name, b, &room);
	printf("get %s: %s, %d bytes:", o->text, r ? t_errname(errno) : "fine", (int)room);
	for (int i = 0; !r && i < (int)room && i < 12; i++)
		printf(" %02x", b[i]);
	printf("\n");
}

static void all(int s)
{
	for (size_t i = 0; i < T_LEN(options); i++) {
		get(s, &options[i], 64);
		get(s, &options[i], 4);
		get(s, &options[i], 3);
		get(s, &options[i], 0);
	}
}

static void set(int s, const struct option *o)
{
	static const int values[] = { 0, 1, 2, 3, -1 };
	int v = 1, big[8] = { 1 };

	for (size_t i = 0; i < T_LEN(values); i++) {
		int r = setsockopt(s, SOL_PACKET, o->name, &values[i], 4);
		printf("%s to %d: %s\n", o->text, values[i], r ? t_errname(errno) : "set");
		if (o->name != PACKET_FANOUT)
			get(s, o, 4);
	}
	printf("%s\n", o->text);
	T(setsockopt(s, SOL_PACKET, o->name, &v, 0));
	T(setsockopt(s, SOL_PACKET, o->name, &v, 3));
	T(setsockopt(s, SOL_PACKET, o->name, big, 5));
	T(setsockopt(s, SOL_PACKET, o->name, big, 32));
	T(setsockopt(s, SOL_PACKET, o->name, NULL, 4));
	T(setsockopt(s, SOL_PACKET, o->name, (void *)16, 4));
}

int main(void)
{
	static const struct option ints[] = { O(PACKET_AUXDATA), O(PACKET_ORIGDEV),
		O(PACKET_VERSION), O(PACKET_RESERVE), O(PACKET_LOSS), O(PACKET_VNET_HDR),
		O(PACKET_TIMESTAMP), O(PACKET_TX_HAS_OFF), O(PACKET_QDISC_BYPASS),
		O(PACKET_IGNORE_OUTGOING), O(PACKET_COPY_THRESH) };
	int raw, cooked, v = 1;
	socklen_t n = 4;

	net_start();
	raw = socket(AF_PACKET, SOCK_RAW, 0);
	cooked = socket(AF_PACKET, SOCK_DGRAM, 0);
	all(raw);
	all(cooked);
	for (size_t i = 0; i < T_LEN(ints); i++) {
		set(raw, &ints[i]);
		set(cooked, &ints[i]);
	}
	for (v = 0; v < 4; v++) {
		int h = v;
		n = 4;
		T(getsockopt(raw, SOL_PACKET, PACKET_HDRLEN, &h, &n));
		SHOW(h);
	}
	v = 1;
	T(setsockopt(raw, SOL_IP, PACKET_AUXDATA, &v, 4));
	T(setsockopt(raw, SOL_PACKET, PACKET_HDRLEN, &v, 4));
	T(getsockopt(raw, SOL_IP, PACKET_AUXDATA, &v, &n));
	T(getsockopt(raw, SOL_PACKET, PACKET_AUXDATA, NULL, &n));
	T(getsockopt(raw, SOL_PACKET, PACKET_AUXDATA, &v, NULL));
	n = -1;
	T(getsockopt(raw, SOL_PACKET, PACKET_AUXDATA, &v, &n));
	n = 4;
	T(getsockopt(raw, SOL_PACKET, PACKET_HDRLEN, NULL, &n));
	return 0;
}
