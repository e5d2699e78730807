// SPDX-License-Identifier: MPL-2.0
/*
 * What kernel/drivers/net/e1000e.c asks of the controller for a packet of TCP that is to be cut, and
 * a model of what the 82574L makes of that (data sheet, 7.2.6 to 7.2.8): each segment must be one
 * that a receiver takes, with lengths, numbers and both checksums right, and all of them the data.
 */
#include "../../kernel/drivers/net/e1000e.c"

#include "sim.h"

/* The rest of the driver is not here. */
int card_probe(struct device *dev, const struct card_chip *chip)
{
	(void)dev, (void)chip;
	return -ENODEV;
}

static u8 bytes[70000]; /* the packet; its first bytes are also in @packet */
static u8 segment[10000];
static struct packet packet;

static u32 sum_of(const u8 *b, u32 n, u32 sum)
{
	u32 i;

	for (i = 0; i < n; i++)
		sum += (u32)b[i] << (i & 1 ? 0 : 8);
	return sum;
}
static u16 fold(u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)sum;
}
static void put(u8 *b, u32 v, u32 n)
{
	while (n--) {
		b[n] = (u8)v;
		v >>= 8;
	}
}
static u32 get(const u8 *b, u32 n)
{
	u32 v = 0;

	while (n--)
		v = v << 8 | *b++;
	return v;
}

/* The sum of the pseudo-header. */
static u32 pseudo(const u8 *ip, bool is4, u32 len)
{
	return sum_of(ip + (is4 ? 12 : 8), is4 ? 8 : 32, 6) + (len >> 16) + (len & 0xffff);
}

/* A packet as TCP makes it; returns the number of bytes before its data. */
static u32 make(bool is4, u32 mss, u32 data)
{
	u32 link = unit_random(2) ? 14 : 18, ip = is4 ? 20 + 4 * unit_random(6) : 40, i;
	u32 tcp = link + ip, headers = tcp + 20 + 4 * unit_random(11);

	for (i = 0; i < headers + data; i++)
		bytes[i] = (u8)unit_random(256);
	bytes[link] = is4 ? (u8)(0x40 | ip / 4) : 0x60;
	put(bytes + link + (is4 ? 2 : 4), is4 ? ip + headers - tcp + data : headers - tcp + data,
		2);
	bytes[tcp + 12] = (u8)((headers - tcp) / 4 << 4);
	put(bytes + tcp + 16, fold(pseudo(bytes + link, is4, headers - tcp + data)), 2);
	packet = (struct packet){ .head = 10,
		.tail = (u16)(10 + headers),
		.len = headers + data,
		.net = (u16)(10 + link),
		.csum = CSUM_PARTIAL,
		.csum_start = (u16)(10 + tcp),
		.csum_offset = 16,
		.gso = is4 ? GSO_TCP4 : GSO_TCP6,
		.gso_size = (u16)mss };
	return headers;
}

/* What the controller sends of bytes @off to @off + @n of the data, as number @i. */
static u32 cut(const u64 *context, const u8 *head, u32 i, u32 off, u32 n, bool last)
{
	u32 ipcss = context[0] & 0xff, ipcso = context[0] >> 8 & 0xff,
	    ipcse = context[0] >> 16 & 0xffff;
	u32 tucss = context[0] >> 32 & 0xff, tucso = context[0] >> 40 & 0xff,
	    headers = context[1] >> 40 & 0xff;
	bool is4 = context[1] >> 25 & 1;

	CHECK(!(context[0] >> 48) && (context[1] >> 24 & 5) == 5); /* to the end; TCP, and cut */
	memcpy(segment, head, headers);
	memcpy(segment + headers, bytes + headers + off, n);
	if (is4) {
		put(segment + ipcss + 2, headers + n - ipcss, 2);
		put(segment + ipcss + 4, get(segment + ipcss + 4, 2) + i, 2);
		put(segment + ipcso, (u16)~fold(sum_of(segment + ipcss, ipcse + 1 - ipcss, 0)), 2);
	} else {
		put(segment + ipcss + 4, headers + n - ipcss - 40, 2);
	}
	put(segment + tucss + 4, get(segment + tucss + 4, 4) + off, 4);
	if (!last)
		segment[tucss + 13] &= (u8)~9u;
	/* The length, which the driver cannot know, is added. */
	put(segment + tucso,
		(u16)~fold(sum_of(segment + tucss, headers + n - tucss, headers + n - tucss)), 2);
	return headers + n;
}

/* What a receiver sees. */
static void check_segment(u32 len, u32 i, u32 off, bool is4)
{
	u32 link = packet.net - 10u, tcp = packet.csum_start - 10u;

	CHECK(!memcmp(segment, bytes, link + 1) && !memcmp(segment + tcp, bytes + tcp, 4));
	CHECK(get(segment + link + (is4 ? 2 : 4), 2) == (is4 ? len - link : len - link - 40));
	if (is4) {
		CHECK(fold(sum_of(segment + link, tcp - link, 0)) == 0xffff);
		CHECK((u16)(get(segment + link + 4, 2) - get(bytes + link + 4, 2)) == i);
	}
	CHECK(fold(sum_of(segment + tcp, len - tcp, pseudo(segment + link, is4, len - tcp))) ==
		0xffff);
	CHECK(get(segment + tcp + 4, 4) - get(bytes + tcp + 4, 4) == off);
}

static void one(void)
{
	bool is4 = unit_random(2), last;
	u32 mss = 1 + unit_random(1460), data = mss + 1 + unit_random(40 * mss), headers, off, n, i,
	    len;
	struct ring_chain chain = { 0 };
	u8 head[256];

	headers = make(is4, mss, min(data, 65535u));
	memcpy(head, bytes, headers);
	CHECK(e1000e_cut(&packet, &chain, (struct span){ head, headers }, headers));
	CHECK(chain.option == (1ul << 26 | 1ul << 41 | (is4 ? 1ul << 40 : 0)));
	data = chain.context[1] & 0xfffff;
	CHECK(data == packet.len - headers && chain.context[1] >> 48 == mss);
	CHECK((chain.context[1] >> 40 & 0xff) == headers && (chain.context[1] >> 25 & 1) == is4);
	for (off = i = 0; off < data; off += n, i++) {
		n = min(mss, data - off);
		last = off + n == data;
		len = cut(chain.context, head, i, off, n, last);
		check_segment(len, i, off, is4);
	}
}

MODEL_TEST(segments_that_a_receiver_takes)
{
	u32 n;

	for (n = 0; n < 3000; n++)
		one();
}

/* What a program wrote to a tap device may say anything of its headers. */
MODEL_TEST(headers_that_are_not)
{
	struct ring_chain chain = { 0 };
	u8 head[256];
	u32 n, headers, good = 0;

	for (n = 0; n < 20000; n++) {
		headers = make(unit_random(2), 1000, 3000);
		memcpy(head, bytes, headers);
		packet.net = (u16)unit_random(300);
		good += e1000e_cut(&packet, &chain, (struct span){ head, headers }, headers);
		CHECK(!(chain.option & ~(1ul << 26 | 3ul << 40)));
	}
	CHECK(good && good < n);
}
