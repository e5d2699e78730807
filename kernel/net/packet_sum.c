// SPDX-License-Identifier: MPL-2.0
/*
 * Checksums of packets (kernel/packet.h), where no device does them: of heads, whose bytes stand in
 * the packet, and of pages, whose words the frame adds.
 *
 * A sum may be taken in pieces, in any order. A piece that begins at an odd byte of what is summed
 * has its bytes in each other's places, and so has its sum (RFC 1071, 2 (B)).
 */
#include <kernel/packet.h>
#include <uapi/errno.h>

static u32 fold16(u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (u32)((sum & 0xffff) + (sum >> 16));
}

/* Headers stand at multiples of 4, and often not of 8, where a larger word were read in bytes. */
struct sum_words {
	u32 first, second;
};

/*
 * Adds words as the CPU reads them and exchanges the two bytes of the sum at the end: that gives
 * the sum of the words in network order (RFC 1071, 2).
 */
u32 bytes_sum(struct cspan bytes, u32 sum)
{
	size_t off = 0, len = cspan_len(bytes);
	struct sum_words v;
	u64 acc = 0;
	u32 folded;

	for (; off + 8 <= len; off += 8) {
		if (!span_read(bytes, off, &v))
			break;
		acc += (u64)v.first + v.second;
	}
	for (; off < len; off++)
		acc += (u64)span_byte(bytes, off) << (off & 1 ? 8 : 0);
	folded = fold16(acc);
	return sum + ((folded & 0xff) << 8 | folded >> 8);
}

/* Up to 7 bytes of a page as the beginning of a word of zeroes. */
static u64 page_word(struct page *page, u32 off, u32 n)
{
	u64 word = 0;

	if (n)
		page_read(page, off, span_first(value_span(&word), n));
	return word;
}

static u64 sum_word(u64 acc, u64 word)
{
	acc += word;
	return acc + (acc < word);
}

/*
 * The sum of a range of a page, folded, in network order: of its aligned words, and of what stands
 * before and behind them. If the words begin with the second byte of a pair, all bytes of their sum
 * change places (RFC 1071, 2 (B)).
 */
static u32 range_sum(struct page *page, u32 off, u32 n)
{
	u32 lead = min(n, (8 - (off & 7)) & 7), words = (n - lead) & ~7u, folded;
	u64 acc = words ? page_sum(page, off + lead, words) : 0;

	acc = sum_word(acc, page_word(page, off + lead + words, n - lead - words));
	if (lead & 1)
		acc = acc << 8 | acc >> 56;
	acc = sum_word(acc, page_word(page, off, lead));
	folded = fold16(acc);
	return (folded & 0xff) << 8 | folded >> 8;
}

u32 packet_sum(const struct packet *p, u32 off, u32 len, u32 sum)
{
	u32 have = (u32)p->tail - p->head, end = min(off + len, p->len), at = have, i, n, s;
	bool odd = false;

	if (off >= end)
		return sum;
	if (off < have) {
		n = min(have, end) - off;
		sum = bytes_sum(cspan_sub(packet_headers(p), off, n), sum);
		odd = n & 1;
		off += n;
	}
	for (i = 0; i < p->nr_frags && i < PACKET_FRAGS && off < end; i++) {
		const struct packet_frag *const f = array_at(p->frag, i);
		at += f->len;
		if (off >= at)
			continue;
		n = min(at, end) - off;
		s = range_sum(f->page, f->off + f->len - (at - off), n);
		sum += odd ? (s & 0xff) << 8 | s >> 8 : s;
		odd ^= n & 1;
		off += n;
	}
	return sum;
}

/*
 * CSUM_PARTIAL: the field has the sum of the pseudo-header, and the rest is added here. The place
 * was named by the sender, maybe a program (virtio's header), so it must lie in the head.
 */
int packet_finish_csum(struct packet *p)
{
	u32 at = p->csum_start + p->csum_offset, n;
	u16 sum;

	if (p->csum_start < p->head || at + 2 > p->tail)
		return -EINVAL;
	n = p->csum_start - p->head;
	sum = sum_fold(packet_sum(p, n, p->len - n, 0));
	/* UDP, whose sum stands at 6, says by 0 that there is none. */
	if (!sum && p->csum_offset == 6)
		sum = 0xffff;
	p->data[at] = (u8)(sum >> 8);
	p->data[at + 1] = (u8)sum;
	p->csum = CSUM_UNKNOWN;
	return 0;
}
