// SPDX-License-Identifier: MPL-2.0
// A program that writes into all of its rings while packets come and go: statuses, headers,
// lengths. The kernel counts every packet, and what it sends lies in the ring.
#include "../lib/packet.h"

#define BYTES   (8 * 4096)
#define PACKETS 1500

static unsigned char *ring;
static volatile int stop;

/* Words of every kind, mostly those that mean something. */
static void *scribble(void *arg)
{
	static const unsigned words[] = { 0, 0, 0, 1, 2, 0xffffffff, 0x80000000, 4096, 82, 65535 };
	unsigned x = 1;

	while (!stop) {
		x = x * 1103515245 + 12345;
		/* Headers are hit more often than data. */
		unsigned at = x >> 8 & 1 ? (x >> 9) % (BYTES / 4)
					 : (x >> 9) % (BYTES / 512) * 128 + (x >> 24) % 16;
		((volatile unsigned *)ring)[at] = words[(x >> 16) % T_LEN(words)];
	}
	return arg;
}

static void set_ring(int s, int option, int version)
{
	struct tpacket_req3 r = {
		.tp_block_size = 4096, .tp_block_nr = 8, .tp_frame_size = 512, .tp_frame_nr = 64
	};

	CHECK(pk_int(s, PACKET_VERSION, version) == 0);
	if (version == TPACKET_V3 && option == PACKET_RX_RING)
		r.tp_retire_blk_tov = 1;
	CHECK(setsockopt(s, SOL_PACKET, option, &r, sizeof(r)) == 0);
	ring = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0);
	CHECK(ring != MAP_FAILED);
}

static void incoming(int version)
{
	int s = pk_open(SOCK_RAW, "lo", PK_TYPE), sender = socket(AF_PACKET, SOCK_RAW, 0);
	struct tpacket_stats_v3 st = { 0 };
	socklen_t n = sizeof(st);
	pthread_t t;

	stop = 0;
	set_ring(s, PACKET_RX_RING, version);
	CHECK(pthread_create(&t, NULL, scribble, NULL) == 0);
	for (int i = 0; i < PACKETS; i++)
		CHECK(pk_send(sender, PK_TYPE, i % 900) > 0);
	stop = 1;
	pthread_join(t, NULL);
	CHECK(getsockopt(s, SOL_PACKET, PACKET_STATISTICS, &st, &n) == 0);
	printf("version %d: %u packets\n", version, st.tp_packets);
	munmap(ring, BYTES);
	close(s);
	close(sender);
}

/* Whatever is sent fits into the device, and lies in the ring: the rest is refused. */
static void outgoing(int version)
{
	int s = pk_open(SOCK_RAW, "lo", PK_TYPE + 1), v = 1;
	pthread_t t;

	stop = 0;
	CHECK(pk_int(s, PACKET_LOSS, v) == 0 && pk_int(s, PACKET_TX_HAS_OFF, v) == 0);
	set_ring(s, PACKET_TX_RING, version);
	CHECK(pthread_create(&t, NULL, scribble, NULL) == 0);
	for (int i = 0; i < PACKETS; i++)
		(void)send(s, NULL, 0, MSG_DONTWAIT);
	stop = 1;
	pthread_join(t, NULL);
	printf("version %d: sent\n", version);
	munmap(ring, BYTES);
	close(s);
}

int main(void)
{
	net_start();
	incoming(TPACKET_V1);
	incoming(TPACKET_V2);
	incoming(TPACKET_V3);
	outgoing(TPACKET_V1);
	outgoing(TPACKET_V2);
	outgoing(TPACKET_V3);
	return 0;
}
