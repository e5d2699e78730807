// SPDX-License-Identifier: MPL-2.0
// PACKET_RX_RING of TPACKET_V1 and V2: shapes that are refused, the mapping, frames in turn,
// packets that are cut, a ring that is full, statistics, what cannot change while there is a ring.
#include "../lib/packet.h"

static long set_ring(int s, unsigned block_size, unsigned block_nr, unsigned frame_size,
	unsigned frame_nr)
{
	struct tpacket_req r = { block_size, block_nr, frame_size, frame_nr };

	return setsockopt(s, SOL_PACKET, PACKET_RX_RING, &r, sizeof(r));
}

static void shapes(int version)
{
	int s = socket(AF_PACKET, SOCK_RAW, 0);
	struct tpacket_req r = { 4096, 1, 2048, 2 };

	T(pk_int(s, PACKET_VERSION, version));
	T(set_ring(s, 0, 1, 2048, 2));
	T(set_ring(s, 4097, 1, 2048, 2));
	T(set_ring(s, 0x80000000, 1, 2048, 2));
	T(set_ring(s, 4096, 1, 48, 85));
	T(set_ring(s, 4096, 1, 2049, 1));
	T(set_ring(s, 4096, 1, 2056, 1));
	T(set_ring(s, 4096, 1, 4112, 1));
	T(set_ring(s, 4096, 1, 2048, 1));
	T(set_ring(s, 4096, 1, 2048, 3));
	T(set_ring(s, 4096, 0x80000000, 2048, 0));
	T(set_ring(s, 4096, 0, 0, 1));
	T(set_ring(s, 4096, 0, 0, 0));
	T(setsockopt(s, SOL_PACKET, PACKET_RX_RING, &r, 15));
	T(setsockopt(s, SOL_PACKET, PACKET_RX_RING, NULL, 16));
	T(pk_int(s, PACKET_RESERVE, 4096));
	T(set_ring(s, 4096, 1, 2048, 2));
	T(pk_int(s, PACKET_RESERVE, 0));
	T(set_ring(s, 4096, 4, 2048, 8));
	T(set_ring(s, 4096, 4, 2048, 8));
	T(pk_int(s, PACKET_VERSION, version));
	T(pk_int(s, PACKET_RESERVE, 4));
	T(pk_int(s, PACKET_LOSS, 1));
	T(pk_int(s, PACKET_VNET_HDR, 1));
	T(pk_int(s, PACKET_TX_HAS_OFF, 1));
	T(pk_int(s, PACKET_TIMESTAMP, 1));
	T(set_ring(s, 0, 0, 0, 0));
	T(pk_int(s, PACKET_VERSION, version));
	close(s);
}

static void mapping(void)
{
	int s = socket(AF_PACKET, SOCK_RAW, 0), plain = socket(AF_INET, SOCK_DGRAM, 0);
	char *m, *n;

	TOK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, plain, 0));
	TOK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, s, 0));
	T(set_ring(s, 8192, 2, 4096, 4));
	TOK(mmap(NULL, 8192, PROT_READ, MAP_SHARED, s, 0));
	TOK(mmap(NULL, 32768, PROT_READ, MAP_SHARED, s, 0));
	TOK(mmap(NULL, 16384, PROT_READ, MAP_SHARED, s, 4096));
	m = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0);
	n = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0);
	CHECK(m != MAP_FAILED && n != MAP_FAILED);
	m[5000] = 77;
	SHOW(n[5000]);
	for (int i = 0, sum = 0; i < 16384; i++) {
		sum += n[i];
		if (i == 16383)
			SHOW(sum);
	}
	T(set_ring(s, 0, 0, 0, 0));
	T(set_ring(s, 4096, 1, 4096, 1));
	T(munmap(m, 16384));
	T(set_ring(s, 0, 0, 0, 0));
	T(munmap(n, 4096));
	T(set_ring(s, 0, 0, 0, 0));
	T(munmap(n + 4096, 16384 - 4096));
	T(set_ring(s, 0, 0, 0, 0));
	TOK(mmap(NULL, 16384, PROT_READ, MAP_SHARED, s, 0));
	close(s);
	close(plain);
}

static void show_frame(int version, unsigned char *f, bool name)
{
	struct tpacket_hdr *h1 = (void *)f;
	struct tpacket2_hdr *h2 = (void *)f;
	struct sockaddr_ll *a = (void *)(f + 32);
	unsigned long status = version ? h2->tp_status : h1->tp_status;
	unsigned len = version ? h2->tp_len : h1->tp_len,
		 snap = version ? h2->tp_snaplen : h1->tp_snaplen;
	unsigned mac = version ? h2->tp_mac : h1->tp_mac, net = version ? h2->tp_net : h1->tp_net;

	printf("  status %lx", status & 0xff);
	if (status) {
		printf(" len %u snaplen %u mac %u net %u:", len, snap, mac, net);
		for (unsigned i = 0; i < snap && i < 24; i++)
			printf(" %02x", f[mac + i]);
		IS(version ? h2->tp_sec > 0 : h1->tp_sec > 0);
		if (name)
			pk_show_name(a, 20);
	} else {
		printf("\n");
	}
}

static int ready(int s)
{
	struct pollfd p = { .fd = s, .events = POLLIN };

	poll(&p, 1, 0);
	return p.revents;
}

static void frames(int version, int kind, int reserve)
{
	int s = socket(AF_PACKET, kind, 0), sender = socket(AF_PACKET, SOCK_RAW, 0);
	struct sockaddr_ll a = pk_addr("lo", PK_TYPE);
	unsigned char *m;

	printf("version %d, kind %d, reserve %d\n", version, kind, reserve);
	CHECK(pk_int(s, PACKET_VERSION, version) == 0);
	CHECK(pk_int(s, PACKET_RESERVE, reserve) == 0);
	T(set_ring(s, 4096, 2, 1024, 8));
	m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0);
	CHECK(m != MAP_FAILED);
	T(bind(s, (struct sockaddr *)&a, sizeof(a)));
	SHOW(ready(s));
	for (int i = 0; i < 10; i++)
		T(pk_send(sender, PK_TYPE, i == 3 ? 2000 : i));
	SHOW(ready(s));
	for (int i = 0; i < 8; i++)
		show_frame(version, m + i * 1024, i < 2);
	pk_stats("full", s);
	pk_recv("nothing waits", s, 100, 0, false);
	/* The first and the third are free again: only the first is next. */
	m[0] = m[2048] = 0;
	for (int i = 0; i < 3; i++)
		T(pk_send(sender, PK_TYPE, 100 + i));
	show_frame(version, m, false);
	show_frame(version, m + 1024, false);
	show_frame(version, m + 2048, false);
	pk_stats("one more", s);
	for (int i = 0; i < 8; i++)
		memset(m + i * 1024, 0, 8);
	SHOW(ready(s));
	T(pk_send(sender, PK_TYPE, 200));
	SHOW(ready(s));
	show_frame(version, m + 1024, false);
	pk_stats("last", s);
	T(munmap(m, 8192));
	close(s);
	close(sender);
}

/* What a filter keeps, and what it does not. */
static void filtered(void)
{
	int s = pk_open(SOCK_RAW, "lo", PK_TYPE), sender = socket(AF_PACKET, SOCK_RAW, 0);
	struct sock_filter p[] = { BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 64, 0, 1), BPF_STMT(BPF_RET | BPF_K, 30),
		BPF_STMT(BPF_RET | BPF_K, 0) };
	unsigned char *m;

	T(pk_send(sender, PK_TYPE, 70));
	T(pk_filter(s, p, 4));
	T(pk_int(s, PACKET_VERSION, TPACKET_V2));
	T(set_ring(s, 4096, 1, 2048, 2));
	pk_recv("what waited is gone", s, 100, 0, false);
	m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0);
	CHECK(m != MAP_FAILED);
	T(pk_send(sender, PK_TYPE, 10));
	T(pk_send(sender, PK_TYPE, 70));
	show_frame(1, m, true);
	show_frame(1, m + 2048, true);
	pk_stats("filtered", s);
	close(s);
	close(sender);
	munmap(m, 4096);
}

/* PACKET_COPY_THRESH: what does not fit into a frame waits in the queue, too. */
static void copies(void)
{
	int s = pk_open(SOCK_RAW, "lo", PK_TYPE), sender = socket(AF_PACKET, SOCK_RAW, 0);
	unsigned char *m;

	T(pk_int(s, PACKET_COPY_THRESH, 1));
	T(set_ring(s, 4096, 1, 256, 16));
	m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0);
	CHECK(m != MAP_FAILED);
	T(pk_send(sender, PK_TYPE, 10));
	T(pk_send(sender, PK_TYPE, 1000));
	show_frame(0, m, false);
	show_frame(0, m + 256, true);
	pk_recv("whole", s, 2000, 0, true);
	pk_recv("no more", s, 2000, 0, true);
	close(s);
	close(sender);
	munmap(m, 4096);
}

int main(void)
{
	net_start();
	shapes(TPACKET_V1);
	shapes(TPACKET_V2);
	shapes(TPACKET_V3);
	mapping();
	frames(TPACKET_V1, SOCK_RAW, 0);
	frames(TPACKET_V2, SOCK_RAW, 0);
	frames(TPACKET_V2, SOCK_DGRAM, 0);
	frames(TPACKET_V2, SOCK_RAW, 33);
	filtered();
	copies();
	return 0;
}
