// SPDX-License-Identifier: MPL-2.0
// PACKET_TX_RING: frames that a send takes, and those it refuses; both rings in one mapping.
#include "../lib/packet.h"

#define FRAME 2048

static long set_ring(int s, int option, unsigned blocks)
{
	struct tpacket_req3 r = { .tp_block_size = 4096,
		.tp_block_nr = blocks,
		.tp_frame_size = FRAME,
		.tp_frame_nr = 2 * blocks };

	return setsockopt(s, SOL_PACKET, option, &r, sizeof(r));
}

static volatile unsigned *status_of(int version, unsigned char *f)
{
	return version == TPACKET_V3    ? &((struct tpacket3_hdr *)f)->tp_status
		: version == TPACKET_V2 ? &((struct tpacket2_hdr *)f)->tp_status
					: (unsigned *)&((struct tpacket_hdr *)f)->tp_status;
}

/* A packet of @n bytes of data for the frame, @off bytes behind the usual place. */
static void put(int version, unsigned char *f, int n, int off, bool header)
{
	int len, at = (version == TPACKET_V3 ? 48 : 32) + off;

	if (header) {
		len = pk_frame(f + at, pk_zero, pk_zero, PK_TYPE, n);
	} else {
		memset(f + at, 'x', n);
		len = n;
	}
	if (version == TPACKET_V3) {
		((struct tpacket3_hdr *)f)->tp_len = len;
		((struct tpacket3_hdr *)f)->tp_next_offset = 0;
		((struct tpacket3_hdr *)f)->tp_mac = ((struct tpacket3_hdr *)f)->tp_net = at;
	} else if (version == TPACKET_V2) {
		((struct tpacket2_hdr *)f)->tp_len = len;
		((struct tpacket2_hdr *)f)->tp_mac = ((struct tpacket2_hdr *)f)->tp_net = at;
	} else {
		((struct tpacket_hdr *)f)->tp_len = len;
		((struct tpacket_hdr *)f)->tp_mac = ((struct tpacket_hdr *)f)->tp_net = at;
	}
	*status_of(version, f) = TP_STATUS_SEND_REQUEST;
}

static void sends(int version, int kind)
{
	int s = pk_open(kind, "lo", PK_TYPE), all = pk_open(SOCK_RAW, "lo", PK_TYPE);
	bool header = kind == SOCK_RAW;
	struct sockaddr_ll a = pk_addr("lo", PK_TYPE);
	unsigned char *m;

	printf("version %d kind %d\n", version, kind);
	CHECK(pk_int(s, PACKET_VERSION, version) == 0);
	T(set_ring(s, PACKET_TX_RING, 2));
	m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0);
	CHECK(m != MAP_FAILED);
	T(send(s, NULL, 0, 0));
	put(version, m, 10, 0, header);
	put(version, m + FRAME, 1000, 0, header);
	T(sendto(s, NULL, 0, 0, (struct sockaddr *)&a, sizeof(a)));
	UNTIL(*status_of(version, m + FRAME) != TP_STATUS_SENDING);
	SHOW(*status_of(version, m));
	SHOW(*status_of(version, m + FRAME));
	pk_recv("sent", all, 2000, 0, true);
	pk_recv("sent", all, 2000, 0, false);
	pk_recv("no more", all, 2000, 0, false);
	/* Not the next one: it is not looked at. */
	put(version, m, 10, 0, header);
	T(sendto(s, NULL, 0, 0, (struct sockaddr *)&a, sizeof(a)));
	pk_recv("not yet", all, 2000, 0, false);
	/* Too long. */
	put(version, m + 2 * FRAME, 10, 0, header);
	if (version == TPACKET_V3)
		((struct tpacket3_hdr *)(m + 2 * FRAME))->tp_len = 2040;
	else if (version == TPACKET_V2)
		((struct tpacket2_hdr *)(m + 2 * FRAME))->tp_len = 2040;
	else
		((struct tpacket_hdr *)(m + 2 * FRAME))->tp_len = 2040;
	T(sendto(s, NULL, 0, 0, (struct sockaddr *)&a, sizeof(a)));
	SHOW(*status_of(version, m + 2 * FRAME));
	put(version, m + 2 * FRAME, 11, 0, header);
	put(version, m + 3 * FRAME, 12, 0, header);
	T(sendto(s, NULL, 0, 0, (struct sockaddr *)&a, sizeof(a)));
	for (int i = 0; i < 3; i++)
		pk_recv("sent", all, 2000, 0, false);
	T(sendto(s, NULL, 0, 0, (struct sockaddr *)&a, 12));
	a.sll_ifindex = 4711;
	T(sendto(s, NULL, 0, 0, (struct sockaddr *)&a, sizeof(a)));
	T(set_ring(s, PACKET_TX_RING, 0));
	munmap(m, 8192);
	close(s);
	close(all);
}

static void lossy(void)
{
	int s = pk_open(SOCK_RAW, "lo", PK_TYPE), all = pk_open(SOCK_RAW, "lo", PK_TYPE);
	unsigned char *m;

	T(pk_int(s, PACKET_VERSION, TPACKET_V2));
	T(pk_int(s, PACKET_LOSS, 1));
	T(pk_int(s, PACKET_TX_HAS_OFF, 1));
	T(set_ring(s, PACKET_TX_RING, 2));
	m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0);
	CHECK(m != MAP_FAILED);
	put(TPACKET_V2, m, 10, 100, true);
	put(TPACKET_V2, m + FRAME, 10, 0, true);
	((struct tpacket2_hdr *)(m + FRAME))->tp_mac = 31;
	put(TPACKET_V2, m + 2 * FRAME, 10, 0, true);
	((struct tpacket2_hdr *)(m + 2 * FRAME))->tp_mac = 2040;
	put(TPACKET_V2, m + 3 * FRAME, 20, FRAME - 32 - 34, true);
	T(send(s, NULL, 0, 0));
	for (int i = 0; i < 4; i++)
		SHOW(*status_of(TPACKET_V2, m + i * FRAME));
	for (int i = 0; i < 3; i++)
		pk_recv("sent", all, 2000, 0, false);
	munmap(m, 8192);
	close(s);
	close(all);
}

static void both(void)
{
	int s = pk_open(SOCK_RAW, "lo", PK_TYPE);
	unsigned char *m;

	T(pk_int(s, PACKET_VERSION, TPACKET_V2));
	T(set_ring(s, PACKET_TX_RING, 2));
	T(set_ring(s, PACKET_RX_RING, 1));
	TOK(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0));
	m = mmap(NULL, 12288, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0);
	CHECK(m != MAP_FAILED);
	put(TPACKET_V2, m + 4096, 10, 0, true);
	T(send(s, NULL, 0, 0));
	SHOW(*status_of(TPACKET_V2, m + 4096));
	SHOW(*status_of(TPACKET_V2, m) & 1);
	SHOW(((struct tpacket2_hdr *)m)->tp_len);
	T(set_ring(s, PACKET_RX_RING, 0));
	munmap(m, 12288);
	T(set_ring(s, PACKET_RX_RING, 0));
	close(s);
}

int main(void)
{
	net_start();
	sends(TPACKET_V1, SOCK_RAW);
	sends(TPACKET_V2, SOCK_RAW);
	sends(TPACKET_V3, SOCK_RAW);
	sends(TPACKET_V2, SOCK_DGRAM);
	lossy();
	both();
	return 0;
}
