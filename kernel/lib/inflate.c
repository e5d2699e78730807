// SPDX-License-Identifier: MPL-2.0
/*
 * Inflate: streaming decompression of DEFLATE data with gzip framing (RFC 1951, RFC 1952).
 *
 * Matches are copied inside a window of the last 32 KiB, which is passed on when it is full. Codes
 * up to INFLATE_FAST_BITS bits are decoded with one table lookup, longer ones bit by bit.
 *
 * Input is untrusted: every code, distance and length is checked. A damaged stream ends with
 * -EINVAL, a truncated one with -EIO.
 *
 * How the two loops share the state. The slow functions (take, emit, inflate_decode) work on struct
 * inflate and serve headers and rare codes. The inner loop (coded_block) keeps bits and position in
 * locals and writes them back before it calls a slow function. It makes sure of MATCH_BITS bits
 * before each symbol, as many as a literal or a whole match can take, so the checks for the end of
 * input happen once a symbol. The input does not end there: the trailer of gzip, 64 bits, follows
 * the last code.
 */
#include <kernel/inflate.h>
#include <uapi/errno.h>

#define MAX_BITS  15
#define NR_LITLEN 288
#define NR_DIST   32

static void inflate_release(struct inflate *z)
{
	(void)z;
}
OBJ_TYPE(inflate, inflate_release);

/* ---- input bits ---- */

/* Gets the next piece of input. False: there is none left. */
static bool inflate_refill(struct inflate *z)
{
	z->in_pos = 0;
	z->in_len = (u32)z->ops->read(z->source, span_of(z->in));
	return z->in_len != 0;
}

/* Provides @n bits if the input has them; else sets the error and appends zeroes. */
static inline void need(struct inflate *z, u32 n)
{
	while (z->nr_bits < n) {
		if (z->in_pos == z->in_len && !inflate_refill(z)) {
			z->error = -EIO;
			z->nr_bits += 8; /* zeroes; the error stops the caller */
			continue;
		}
		z->bits |= (u64)z->in[z->in_pos++] << z->nr_bits;
		z->nr_bits += 8;
	}
}

/* Takes @n bits, lowest first. */
static inline u32 take(struct inflate *z, u32 n)
{
	u32 v;

	need(z, n);
	v = (u32)z->bits & ((1u << n) - 1);
	z->bits >>= n;
	z->nr_bits -= n;
	return v;
}

/* ---- output through the window ---- */

/* CRC-32 as gzip uses it (RFC 1952, section 8), one byte a step. */
static void crc_init(struct inflate *z)
{
	u32 i, k;

	for (i = 0; i < ARRAY_LEN(z->crc_table); i++) {
		u32 c = i;
		for (k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
		z->crc_table[i] = c;
	}
	z->crc = ~0u;
}

static void crc_add(struct inflate *z, u32 from, u64 n)
{
	u32 crc = z->crc;
	u64 i;

	for (i = 0; i < n; i++)
		crc = crc >> 8 ^ z->crc_table[(crc ^ z->window[(from + i) % INFLATE_WINDOW]) & 255];
	z->crc = crc;
}

/* Passes on the output since the last flush, in two parts if it wraps. */
static void flush_out(struct inflate *z)
{
	u32 from = z->out_flushed % INFLATE_WINDOW;
	u64 n = z->out_pos - z->out_flushed;

	while (n && !z->error) {
		u64 part = min(n, (u64)INFLATE_WINDOW - from);
		int err = z->ops->write(z->source, cspan_sub(cspan_of(z->window), from, part));
		if (err)
			z->error = err;
		crc_add(z, from, part);
		z->out_flushed += part;
		n -= part;
		from = 0;
	}
}

/*
 * Appends a byte to the output. The window is passed on when all of it is new, so no byte is
 * overwritten before that.
 */
static inline void emit(struct inflate *z, u8 b)
{
	z->window[z->out_pos % INFLATE_WINDOW] = b;
	z->out_pos++;
	if (z->out_pos - z->out_flushed == INFLATE_WINDOW)
		flush_out(z);
}

/* ---- Huffman codes ---- */

/*
 * Builds the decoding table from code lengths. Returns -EINVAL if the lengths over-subscribe the
 * code. Canonical codes (RFC 1951, 3.2.2): the codes of one length are consecutive numbers in the
 * order of their symbols, so the count of each length and the list of symbols describe all of them.
 * An incomplete code is accepted; a code that is not assigned is found when it occurs.
 */
static int build(struct huffman *h, const struct code_lengths *l, u32 from, u32 n)
{
	u16 offset[MAX_BITS + 2] = { 0 };
	u32 i, code = 0, fast;
	s32 left = 1;

	span_fill(value_span(h), 0);
	for (i = 0; i < n; i++)
		(*array_at(h->count, l->len[from + i]))++;
	h->count[0] = 0;
	for (i = 1; i <= MAX_BITS; i++) {
		left = (left << 1) - h->count[i];
		if (left < 0)
			return -EINVAL;
		offset[i + 1] = (u16)(offset[i] + h->count[i]);
	}
	for (i = 0; i < n; i++) {
		if (l->len[from + i])
			h->symbol[(*array_at(offset, l->len[from + i]))++] = (u16)i;
	}
	/* Codes of up to INFLATE_FAST_BITS bits are looked up by their reversed bits. */
	u32 sym = 0;
	for (i = 1; i <= INFLATE_FAST_BITS; i++) {
		u32 k;
		for (k = 0; k < h->count[i]; k++, code++, sym++) {
			u32 rev = 0, b;
			for (b = 0; b < i; b++)
				rev |= ((code >> b) & 1) << (i - 1 - b);
			for (fast = rev; fast < 1u << INFLATE_FAST_BITS; fast += 1u << i)
				h->fast[fast] = (u16)(h->symbol[sym] << 4 | i);
		}
		code <<= 1;
	}
	return 0;
}

/*
 * Decodes a symbol, by the fast table or bit by bit. Bit by bit: @first is the first code of a
 * length, @index the place of its symbol; a code that is less than @count above @first is complete.
 */
static u32 inflate_decode(struct inflate *z, const struct huffman *h)
{
	s32 code = 0, first = 0;
	u32 index = 0, len;
	u16 f;

	need(z, MAX_BITS);
	f = h->fast[z->bits & ((1u << INFLATE_FAST_BITS) - 1)];
	if (f) {
		z->bits >>= f & 15;
		z->nr_bits -= f & 15;
		return f >> 4;
	}
	for (len = 1; len <= MAX_BITS; len++) {
		code |= (s32)(z->bits >> (len - 1) & 1);
		if (code - h->count[len] < first) {
			z->bits >>= len;
			z->nr_bits -= len;
			return h->symbol[index + (u32)(code - first)];
		}
		index += h->count[len];
		first = (first + h->count[len]) << 1;
		code <<= 1;
	}
	z->error = -EINVAL;
	return 0;
}

/* ---- blocks ---- */

static const u16 length_base[29] = { 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35,
	43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258 };
static const u8 length_extra[29] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4,
	4, 4, 4, 5, 5, 5, 5, 0 };
static const u16 dist_base[30] = { 1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257,
	385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577 };
static const u8 dist_extra[30] = { 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9,
	10, 10, 11, 11, 12, 12, 13, 13 };

/*
 * The state of the inner loop is kept in locals: a store to the window could otherwise change it,
 * as far as the compiler knows.
 */
struct inner {
	u64 bits;
	u32 nr_bits;
	u64 out; /* copy of out_pos */
};

#define MATCH_BITS 48 /* two codes of 15 bits, with 5 and 13 extra bits */

static always_inline void inner_save(struct inflate *z, const struct inner *s)
{
	z->bits = s->bits;
	z->nr_bits = s->nr_bits;
	z->out_pos = s->out;
}
static always_inline void inner_load(const struct inflate *z, struct inner *s)
{
	s->bits = z->bits;
	s->nr_bits = z->nr_bits;
	s->out = z->out_pos;
}

/* Provides the bits of a literal or a whole match; a trailer of as many follows the last code. */
static always_inline void inner_fill(struct inflate *z, struct inner *s)
{
	u32 pos = z->in_pos, end = z->in_len;

	while (s->nr_bits <= 56 && pos < end) {
		s->bits |= (u64)z->in[pos++] << s->nr_bits;
		s->nr_bits += 8;
	}
	z->in_pos = pos;
	if (unlikely(s->nr_bits < MATCH_BITS)) {
		inner_save(z, s);
		need(z, MATCH_BITS);
		inner_load(z, s);
	}
}

static always_inline u32 inner_take(struct inner *s, u32 n)
{
	u32 v = (u32)s->bits & ((1u << n) - 1);

	s->bits >>= n;
	s->nr_bits -= n;
	return v;
}

static always_inline u32 inner_decode(struct inflate *z, struct inner *s, const struct huffman *h)
{
	u32 f = h->fast[s->bits & ((1u << INFLATE_FAST_BITS) - 1)];

	if (likely(f)) {
		s->bits >>= f & 15;
		s->nr_bits -= f & 15;
		return f >> 4;
	}
	inner_save(z, s);
	f = inflate_decode(z, h);
	inner_load(z, s);
	return f;
}

static always_inline void inner_emit(struct inflate *z, struct inner *s, u8 b)
{
	z->window[s->out % INFLATE_WINDOW] = b;
	s->out++;
	if (unlikely(s->out - z->out_flushed == INFLATE_WINDOW)) {
		z->out_pos = s->out;
		flush_out(z);
	}
}

/* Copies @len bytes from distance @dist; both have been checked. */
static always_inline void copy_match(struct inflate *z, struct inner *s, u32 dist, u32 len)
{
	u32 from = (u32)(s->out - dist) % INFLATE_WINDOW, to = (u32)s->out % INFLATE_WINDOW;

	/* In one piece if nothing wraps, overlaps or fills the window. */
	if (len >= 16 && dist >= len && from + len <= INFLATE_WINDOW &&
		to + len <= INFLATE_WINDOW && s->out - z->out_flushed + len < INFLATE_WINDOW) {
		(void)span_copy(span_sub(span_of(z->window), to, len),
			cspan_sub(cspan_of(z->window), from, len));
		s->out += len;
		return;
	}
	for (; len; len--) {
		inner_emit(z, s, z->window[from]);
		from = (from + 1) % INFLATE_WINDOW;
	}
}

/* Decodes the rest of a match after its length code. */
static always_inline bool match(struct inflate *z, struct inner *s, u32 len_code)
{
	u32 len, dist, sym;

	if (unlikely(len_code >= 29))
		return false;
	len = length_base[len_code] + inner_take(s, length_extra[len_code]);
	sym = inner_decode(z, s, &z->dist);
	if (unlikely(sym >= 30))
		return false;
	dist = dist_base[sym] + inner_take(s, dist_extra[sym]);
	if (unlikely(dist > s->out || dist > INFLATE_WINDOW))
		return false;
	copy_match(z, s, dist, len);
	return true;
}

/*
 * Decodes symbols until the end of the block. Every symbol consumes input, so a damaged block ends
 * with the input at the latest.
 */
static void coded_block(struct inflate *z)
{
	struct inner s;
	u32 sym;

	inner_load(z, &s);
	while (!z->error) {
		if (s.nr_bits < MATCH_BITS)
			inner_fill(z, &s);
		sym = inner_decode(z, &s, &z->litlen);
		if (sym < 256) {
			inner_emit(z, &s, (u8)sym);
		} else if (sym == 256) {
			break;
		} else if (!match(z, &s, sym - 257)) {
			z->error = z->error ? z->error : -EINVAL;
			break;
		}
	}
	inner_save(z, &s);
}

/* A stored block begins on a byte boundary; its length is given twice, the second time inverted. */
static void stored_block(struct inflate *z)
{
	u32 len, check;

	(void)take(z, z->nr_bits & 7);
	len = take(z, 16);
	check = take(z, 16);
	if ((len ^ check) != 0xffff)
		z->error = -EINVAL;
	while (len-- && !z->error)
		emit(z, (u8)take(z, 8));
}

/* The fixed codes (RFC 1951, 3.2.6). */
static void fixed_codes(struct inflate *z)
{
	struct code_lengths l = { 0 };
	u32 i;

	for (i = 0; i < NR_LITLEN; i++)
		l.len[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
	for (i = 0; i < 30; i++)
		l.len[NR_LITLEN + i] = 5;
	(void)build(&z->litlen, &l, 0, NR_LITLEN);
	(void)build(&z->dist, &l, NR_LITLEN, 30);
}

/* Code 16 repeats the last code length, 17 and 18 repeat zero. Returns the count. */
static u32 repeat(struct inflate *z, u32 sym, u8 *value, u8 last)
{
	*value = sym == 16 ? last : 0;
	if (sym == 16)
		return 3 + take(z, 2);
	return sym == 17 ? 3 + take(z, 3) : 11 + take(z, 7);
}

/*
 * Reads the codes of a block (RFC 1951, 3.2.7): the lengths of both codes form one Huffman-coded
 * list. A code without an end-of-block symbol is refused.
 */
static void dynamic_codes(struct inflate *z)
{
	static const u8 order[19] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1,
		15 };
	struct code_lengths l = { 0 };
	u32 nlit = take(z, 5) + 257, ndist = take(z, 5) + 1, ncode = take(z, 4) + 4, i;

	if (nlit > 286 || ndist > 30) {
		z->error = -EINVAL;
		return;
	}
	for (i = 0; i < ncode; i++)
		l.len[order[i]] = (u8)take(z, 3);
	if (build(&z->litlen, &l, 0, 19)) {
		z->error = -EINVAL;
		return;
	}
	span_fill(value_span(&l), 0);
	for (i = 0; i < nlit + ndist && !z->error;) {
		u32 sym = inflate_decode(z, &z->litlen), n;
		u8 value;
		if (sym < 16) {
			l.len[i++] = (u8)sym;
			continue;
		}
		if (sym == 16 && i == 0) {
			z->error = -EINVAL;
			return;
		}
		n = repeat(z, sym, &value, i ? l.len[i - 1] : 0);
		if (i + n > nlit + ndist) {
			z->error = -EINVAL;
			return;
		}
		while (n--)
			l.len[i++] = value;
	}
	if (!z->error &&
		(!l.len[256] || build(&z->litlen, &l, 0, nlit) || build(&z->dist, &l, nlit, ndist)))
		z->error = -EINVAL;
}

/* All blocks to the last one; each begins with a bit that says so, and two bits for its kind. */
static void inflate_blocks(struct inflate *z)
{
	u32 last;

	do {
		last = take(z, 1);
		switch (take(z, 2)) {
		case 0:
			stored_block(z);
			break;
		case 1:
			fixed_codes(z);
			coded_block(z);
			break;
		case 2:
			dynamic_codes(z);
			if (!z->error)
				coded_block(z);
			break;
		default:
			z->error = -EINVAL;
			break;
		}
	} while (!last && !z->error);
	flush_out(z);
}

/* ---- gzip ---- */

static void skip_string(struct inflate *z)
{
	while (take(z, 8) && !z->error)
		;
}

/* Parses the header of a gzip member; optional fields are skipped. No field is needed. */
static void gzip_header(struct inflate *z)
{
	u32 flags, n;

	if (take(z, 8) != 0x1f || take(z, 8) != 0x8b || take(z, 8) != 8) {
		z->error = -EINVAL;
		return;
	}
	flags = take(z, 8);
	(void)take(z, 16); /* time */
	(void)take(z, 16);
	(void)take(z, 16); /* extra flags, system */
	if (flags & 4) {
		for (n = take(z, 16); n && !z->error; n--)
			(void)take(z, 8);
	}
	if (flags & 8)
		skip_string(z);
	if (flags & 16)
		skip_string(z);
	if (flags & 2)
		(void)take(z, 16);
}

/*
 * Compares the checksum and length of the output with the trailer, which begins on a byte boundary.
 */
static void gzip_trailer(struct inflate *z)
{
	u32 crc, len;

	(void)take(z, z->nr_bits & 7);
	crc = take(z, 16);
	crc |= take(z, 16) << 16;
	len = take(z, 16);
	len |= take(z, 16) << 16;
	if (!z->error && (crc != ~z->crc || len != (u32)z->out_pos))
		z->error = -EINVAL;
}

/* One member: header, blocks and trailer. */
int inflate_gzip(struct inflate *z)
{
	crc_init(z);
	gzip_header(z);
	if (!z->error)
		inflate_blocks(z);
	if (!z->error)
		gzip_trailer(z);
	return z->error;
}
