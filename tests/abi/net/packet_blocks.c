// SPDX-License-Identifier: MPL-2.0
// PACKET_RX_RING of TPACKET_V3: shapes, blocks that are full, blocks whose time is over, a ring
// whose blocks the program keeps.
#include "../lib/packet.h"

#define BLOCK 4096

static long set_ring(int s, unsigned blocks, unsigned frame, unsigned priv, unsigned tov)
{
	struct tpacket_req3 r = { .tp_block_size = BLOCK,
		.tp_block_nr = blocks,
		.tp_frame_size = frame,
		.tp_frame_nr = frame ? BLOCK / frame * blocks : 0,
		.tp_retire_blk_tov = tov,
		.tp_sizeof_priv = priv };

	return setsockopt(s, SOL_PACKET, PACKET_RX_RING, &r, sizeof(r));
}

static void shapes(void)
{
	int s = socket(AF_PACKET, SOCK_RAW, 0);
	struct tpacket_req3 r = {
		.tp_block_size = BLOCK, .tp_block_nr = 1, .tp_frame_size = 2048, .tp_frame_nr = 2
	};

	T(pk_int(s, PACKET_VERSION, TPACKET_V3));
	T(setsockopt(s, SOL_PACKET, PACKET_RX_RING, &r, 16));
	T(setsockopt(s, SOL_PACKET, PACKET_RX_RING, &r, 27));
	T(set_ring(s, 1, 64, 0, 0));
	T(set_ring(s, 1, 2048, 4096, 0));
	T(set_ring(s, 1, 2048, 4096 - 48 - 68 + 1, 0));
	T(set_ring(s, 1, 2048, 0xffffffff, 0));
	T(set_ring(s, 1, 2048, 64, 0));
	T(set_ring(s, 0, 0, 0, 0));
	r.tp_retire_blk_tov = 1;
	T(setsockopt(s, SOL_PACKET, PACKET_TX_RING, &r, sizeof(r)));
	r.tp_retire_blk_tov = 0;
	r.tp_sizeof_priv = 1;
	T(setsockopt(s, SOL_PACKET, PACKET_TX_RING, &r, sizeof(r)));
	close(s);
}

static volatile unsigned *status_of(unsigned char *m, int i)
{
	struct tpacket_block_desc *b = (void *)(m + i * BLOCK);

	return &b->hdr.bh1.block_status;
}

static void show_block(unsigned char *m, int i)
{
	struct tpacket_block_desc *b = (void *)(m + i * BLOCK);
	struct tpacket_hdr_v1 *h = &b->hdr.bh1;
	unsigned char *at = (unsigned char *)b + h->offset_to_first_pkt;

	if (!(h->block_status & TP_STATUS_USER)) {
		printf("block %d is open\n", i);
		return;
	}
	printf("block %d: version %u priv at %u status %x packets %u first %u len %u seq %llu\n", i,
		b->version, b->offset_to_priv, h->block_status & 0xff, h->num_pkts,
		h->offset_to_first_pkt, h->blk_len, (unsigned long long)h->seq_num);
	IS(h->ts_first_pkt.ts_sec > 0);
	IS(h->ts_last_pkt.ts_sec >= h->ts_first_pkt.ts_sec);
	for (unsigned n = 0; n < h->num_pkts; n++) {
		struct tpacket3_hdr *p = (void *)at;
		printf("  next %u len %u snaplen %u mac %u net %u status %x hash %u vlan %u:",
			p->tp_next_offset, p->tp_len, p->tp_snaplen, p->tp_mac, p->tp_net,
			p->tp_status & 0xff, p->hv1.tp_rxhash, p->hv1.tp_vlan_tci);
		for (unsigned j = 0; j < p->tp_snaplen && j < 18; j++)
			printf(" %02x", at[p->tp_mac + j]);
		printf("\n");
		if (!n)
			pk_show_name((void *)(at + 48), 20);
		at += p->tp_next_offset;
	}
}

static void wait_for(int s, unsigned char *m, int block)
{
	struct pollfd p = { .fd = s, .events = POLLIN };

	UNTIL(*status_of(m, block) & TP_STATUS_USER);
	SHOW(poll(&p, 1, 10000));
	SHOW(p.revents);
}

static void stats(int s)
{
	struct tpacket_stats_v3 st;
	socklen_t n = sizeof(st);

	T(getsockopt(s, SOL_PACKET, PACKET_STATISTICS, &st, &n));
	printf("%u packets %u drops %u freezes, %d bytes\n", st.tp_packets, st.tp_drops,
		st.tp_freeze_q_cnt, (int)n);
}

/* A time that never comes: blocks go when they are full. */
static void full(int kind, int priv)
{
	int s = pk_open(kind, "lo", PK_TYPE), sender = socket(AF_PACKET, SOCK_RAW, 0);
	struct pollfd p = { .fd = s, .events = POLLIN };
	unsigned char *m;

	T(pk_int(s, PACKET_VERSION, TPACKET_V3));
	T(set_ring(s, 3, 2048, priv, 1000000));
	m = mmap(NULL, 3 * BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0);
	CHECK(m != MAP_FAILED);
	for (int i = 0; i < 6; i++)
		T(pk_send(sender, PK_TYPE, 900 + i));
	wait_for(s, m, 0);
	show_block(m, 0);
	printf("status %x\n", *status_of(m, 1));
	/* More than the ring takes. */
	for (int i = 0; i < 15; i++)
		T(pk_send(sender, PK_TYPE, 500 + i * 10));
	show_block(m, 1);
	show_block(m, 2);
	stats(s);
	stats(s);
	/* The first block is free again: the next packet opens it. */
	*status_of(m, 0) = 0;
	T(pk_send(sender, PK_TYPE, 1000));
	*status_of(m, 1) = 0;
	T(pk_send(sender, PK_TYPE, 4040));
	T(pk_send(sender, PK_TYPE, 2000));
	T(pk_send(sender, PK_TYPE, 2000));
	show_block(m, 0);
	stats(s);
	poll(&p, 1, 0);
	SHOW(p.revents);
	close(s);
	close(sender);
	munmap(m, 3 * BLOCK);
}

static void timed(void)
{
	int s = pk_open(SOCK_RAW, "lo", PK_TYPE), sender = socket(AF_PACKET, SOCK_RAW, 0);
	unsigned char *m;

	T(pk_int(s, PACKET_VERSION, TPACKET_V3));
	T(set_ring(s, 2, 2048, 0, 20));
	m = mmap(NULL, 2 * BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0);
	CHECK(m != MAP_FAILED);
	for (int i = 0; i < 5; i++) {
		T(pk_send(sender, PK_TYPE, 40 + i));
		wait_for(s, m, i & 1);
		show_block(m, i & 1);
		*status_of(m, i & 1) = 0;
	}
	close(s);
	close(sender);
	munmap(m, 2 * BLOCK);
}

int main(void)
{
	net_start();
	shapes();
	full(SOCK_RAW, 0);
	full(SOCK_DGRAM, 13);
	timed();
	return 0;
}
