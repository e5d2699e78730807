// SPDX-License-Identifier: MPL-2.0
/*
 * Checksums (kernel/net/packet_sum.c): packets with heads and fragments of any length, from any place of
 * a page on, and any part of them, against a sum of the bytes one by one.
 */
#include <kernel/packet.h>

#include "heap.h"
#include "host.h"
#include "packet.h"

#define ROUNDS 20000u

void _kernel_panic(const char *message)
{
	printf("panic: %s\n", message);
	exit(1);
}

static u8 bytes[PACKET_DATA + PACKET_FRAGS * PAGE_SIZE];
static u32 nr;

/* All ones and all zeroes are what carries, and their absence, show in. */
static void some_bytes(u8 *to, u32 n)
{
	u32 kind = unit_random(4), i;

	for (i = 0; i < n; i++)
		to[i] = kind == 0 ? 0xff : kind == 1 ? 0 : (u8)unit_random(256);
	memcpy(bytes + nr, to, n);
	nr += n;
}

static struct packet *some_packet(void)
{
	struct packet *p = packet_new(unit_random(64));
	u32 n = unit_random(129), i, off;
	static u8 data[PAGE_SIZE];
	struct page *page;

	nr = 0;
	some_bytes(p->data + p->tail, n);
	p->tail += (u16)n;
	p->len = n;
	for (i = unit_random(5); i; i--) {
		page = page_alloc(0);
		off = unit_random(PAGE_SIZE);
		n = 1 + unit_random(unit_random(2) ? 20 : PAGE_SIZE);
		n = n < PAGE_SIZE - off ? n : (u32)PAGE_SIZE - off;
		some_bytes(data, n);
		page_write(page, off, cspan_first(cspan_of(data), n));
		UNIT_CHECK(packet_give_page(p, &page, off, n) == 0);
	}
	return p;
}

static u16 plain_sum(u32 off, u32 len)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < len; i++)
		sum += (u64)bytes[off + i] << (i & 1 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

int main(void)
{
	u32 i, off, len, odd = 0;

	for (i = 0; i < ROUNDS; i++) {
		struct packet *p = some_packet();
		UNIT_CHECK(p->len == nr);
		off = unit_random(2) ? 0 : unit_random(nr + 1);
		len = unit_random(2) ? nr - off : unit_random(nr - off + 1);
		UNIT_CHECK(sum_fold(packet_sum(p, off, len, 0)) == plain_sum(off, len));
		odd += len & 1;
		packet_drop(&p);
	}
	printf("%u sums, %u of an odd length\n", ROUNDS, odd);
	return 0;
}
