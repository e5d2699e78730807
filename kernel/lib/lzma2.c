// SPDX-License-Identifier: MPL-2.0
/*
 * LZMA2: a sequence of chunks, each stored plain or coded with LZMA. The control byte of a chunk
 * says which of dictionary, properties and state are reset.
 *
 * LZMA codes a sequence of symbols: literals, matches with a new distance, and matches with one of
 * the last four distances. All decisions are single bits, coded by a range coder: each bit has a
 * probability, which depends on the recent symbols (state) and on the position, and adapts to the
 * bits seen. The decoder keeps all probabilities in z->probs.
 *
 * A coded chunk, at most 64 KiB, is read as a whole. The range decoder reads zeroes past its end,
 * and the chunk is damaged unless it was used up exactly. Each symbol produces at least one byte,
 * and the chunk states the number of bytes that it produces, so every loop ends.
 *
 * Where the constants of states come from: z->state says what the last symbols were. Below 7 the
 * last one was a literal; from 7 on a match, a repeated match or a single byte of one. The
 * transitions are those of the format, written as arithmetic.
 */
#include <kernel/xz.h>
#include <uapi/errno.h>

#define PROB_BITS 11u
#define PROB_MOVE 5u
#define RANGE_TOP (1u << 24)

/*
 * The range decoder. It is kept in a local variable: a store to the window or the probabilities
 * could otherwise change it, as far as the compiler knows.
 */
struct lzma_range {
	u32 range, code;
	u32 pos; /* position in the chunk */
};

static void lzma2_damaged(struct xz *z)
{
	z->error = z->error ? z->error : -EINVAL;
}

/* Shifts in a byte when the range has shrunk below 24 bits. */
static always_inline void normalize(const struct xz *z, struct lzma_range *r)
{
	if (r->range < RANGE_TOP) {
		u32 byte = r->pos < z->chunk_len ? z->chunk[r->pos] : 0;
		r->pos++;
		r->range <<= 8;
		r->code = r->code << 8 | byte;
	}
}

/* Decodes one bit with the probability at @index and adapts that probability. */
static always_inline u32 code_bit(struct xz *z, struct lzma_range *r, u32 index)
{
	u16 *const prob = array_at(z->probs, index);
	u32 p = *prob, bound;

	normalize(z, r);
	bound = (r->range >> PROB_BITS) * p;
	if (r->code < bound) {
		r->range = bound;
		*prob = (u16)(p + (((1u << PROB_BITS) - p) >> PROB_MOVE));
		return 0;
	}
	r->range -= bound;
	r->code -= bound;
	*prob = (u16)(p - (p >> PROB_MOVE));
	return 1;
}

/*
 * Decodes a number of @n bits, highest bit first, with a probability for each prefix. The result
 * includes the leading 1 of the prefix.
 */
static always_inline u32 code_tree(struct xz *z, struct lzma_range *r, u32 base, u32 n)
{
	u32 v = 1;

	while (n--)
		v = v << 1 | code_bit(z, r, base + v);
	return v;
}

/* The same, lowest bit first and without the leading 1. */
static u32 code_reverse(struct xz *z, struct lzma_range *r, u32 base, u32 n)
{
	u32 prefix = 1, v = 0, i;

	for (i = 0; i < n; i++) {
		u32 b = code_bit(z, r, base + prefix);
		prefix = prefix << 1 | b;
		v |= b << i;
	}
	return v;
}

/* Decodes @n bits of equal probability. */
static u32 code_direct(struct xz *z, struct lzma_range *r, u32 n)
{
	u32 v = 0;

	while (n--) {
		normalize(z, r);
		r->range >>= 1;
		v <<= 1;
		if (r->code >= r->range) {
			r->code -= r->range;
			v |= 1;
		}
	}
	return v;
}

/* ---- LZMA ---- */

/* As at the start of a stream: each bit is as likely 0 as 1. */
static void state_reset(struct xz *z)
{
	u32 i;

	z->state = 0;
	for (i = 0; i < 4; i++)
		z->rep[i] = 1;
	for (i = 0; i < LZMA_NR_PROBS; i++)
		z->probs[i] = 1u << (PROB_BITS - 1);
}

/* Sets the properties lc, lp and pb, encoded in one byte. LZMA2 limits lc + lp to 4. */
static void set_props(struct xz *z, u32 props)
{
	u32 lc = props % 9, lp = props / 9 % 5, pb = props / 45;

	if (pb > 4 || lc + lp > 4) {
		lzma2_damaged(z);
		return;
	}
	z->lc = lc;
	z->lp_mask = (1u << lp) - 1;
	z->pb_mask = (1u << pb) - 1;
	z->need_props = false;
}

/*
 * Decodes a byte. Its probabilities depend on the position, on the highest bits of the previous
 * byte, and after a match on the byte that the match would have continued with.
 */
static always_inline void literal(struct xz *z, struct lzma_range *r)
{
	struct window *const w = z->window;
	u32 before = w->pos ? window_back(w, 1) : 0;
	u32 base = LITERAL +
		LITERAL_CODER * ((((u32)w->pos & z->lp_mask) << z->lc) + (before >> (8 - z->lc)));
	u32 v = 1;

	if (z->state >= 7) {
		/*
		 * After a match, the literal differs from the byte that follows the source of the
		 * match. The bits of that byte choose the probabilities, up to the first bit that
		 * differs.
		 */
		u32 match = window_back(w, z->rep[0]), same = 0x100;
		while (v < 0x100) {
			u32 b;
			match <<= 1;
			b = code_bit(z, r, base + same + (match & same) + v);
			v = v << 1 | b;
			same &= b ? match : ~match;
		}
	}
	while (v < 0x100)
		v = v << 1 | code_bit(z, r, base + v);
	window_byte(w, (u8)v);
	z->state = z->state < 4 ? 0 : z->state < 10 ? z->state - 3 : z->state - 6;
}

/* Decodes a length from 2 to 273, in one of three ranges. */
static u32 length(struct xz *z, struct lzma_range *r, u32 base, u32 pos_state)
{
	u32 low = base + 2, mid = low + LZMA_POS_STATES * 8, high = mid + LZMA_POS_STATES * 8;

	if (!code_bit(z, r, base))
		return 2 + code_tree(z, r, low + pos_state * 8, 3) - 8;
	if (!code_bit(z, r, base + 1))
		return 10 + code_tree(z, r, mid + pos_state * 8, 3) - 8;
	return 18 + code_tree(z, r, high, 8) - 256;
}

/*
 * Decodes a distance. The slot gives its two highest bits and its length. The four lowest bits have
 * probabilities, the bits in between do not.
 */
static u64 distance(struct xz *z, struct lzma_range *r, u32 len)
{
	u32 slot = code_tree(z, r, DIST_SLOT + min(len - 2, 3u) * 64, 6) - 64, bits, v;

	if (slot < 4)
		return slot + 1;
	bits = (slot >> 1) - 1;
	v = (2 | (slot & 1)) << bits;
	if (slot < 14)
		v += code_reverse(z, r, DIST_SPECIAL + v - slot, bits);
	else
		v += (code_direct(z, r, bits - 4) << 4) + code_reverse(z, r, DIST_ALIGN, 4);
	return (u64)v + 1;
}

/* Decodes a match with a new distance. */
static u32 match(struct xz *z, struct lzma_range *r, u32 pos_state)
{
	u32 len = length(z, r, MATCH_LEN, pos_state);

	z->rep[3] = z->rep[2];
	z->rep[2] = z->rep[1];
	z->rep[1] = z->rep[0];
	z->rep[0] = distance(z, r, len);
	z->state = z->state < 7 ? 7 : 10;
	return len;
}

/* Decodes a match at one of the last four distances, which moves to the front. */
static u32 rep_match(struct xz *z, struct lzma_range *r, u32 pos_state)
{
	u32 i, len;
	u64 dist;

	if (!code_bit(z, r, IS_REP0 + z->state)) {
		if (!code_bit(z, r, IS_REP0_LONG + z->state * LZMA_POS_STATES + pos_state)) {
			z->state = z->state < 7 ? 9 : 11;
			return 1;
		}
	} else {
		i = !code_bit(z, r, IS_REP1 + z->state) ? 1
							: 2 + code_bit(z, r, IS_REP2 + z->state);
		dist = z->rep[i];
		for (; i; i--)
			z->rep[i] = z->rep[i - 1];
		z->rep[0] = dist;
	}
	len = length(z, r, REP_LEN, pos_state);
	z->state = z->state < 7 ? 8 : 11;
	return len;
}

/* Decodes symbols that produce @n bytes in total. */
static void symbols(struct xz *z, struct lzma_range *r, u32 n)
{
	while (n && !z->error) {
		u32 pos_state = (u32)z->window->pos & z->pb_mask, len;

		if (!code_bit(z, r, IS_MATCH + z->state * LZMA_POS_STATES + pos_state)) {
			literal(z, r);
			n--;
			continue;
		}
		if (code_bit(z, r, IS_REP + z->state))
			len = rep_match(z, r, pos_state);
		else
			len = match(z, r, pos_state);
		if (len > n || !window_match(z->window, z->rep[0], len)) {
			lzma2_damaged(z);
			return;
		}
		n -= len;
	}
}

/* ---- chunks ---- */

/* The first byte of a coded chunk is zero; four bytes initialize the range decoder. */
static void coded_chunk(struct xz *z, u32 out)
{
	struct lzma_range r = { .range = ~0u, .pos = 5 };
	u32 i;

	for (i = 1; i < 5; i++)
		r.code = r.code << 8 | z->chunk[i];
	if (z->chunk_len < 5 || z->chunk[0]) {
		lzma2_damaged(z);
		return;
	}
	symbols(z, &r, out);
	/*
	 * The encoder flushes its last bytes, so at the end all input is used and the code is zero.
	 */
	normalize(z, &r);
	if (r.pos != z->chunk_len || r.code)
		lzma2_damaged(z);
}

/* Reads the bytes of a chunk. */
static void read_chunk(struct xz *z, u32 len)
{
	z->chunk_len = len;
	decomp_bytes(&z->in, span_first(span_of(z->chunk), len));
	if (z->in.cut_off)
		z->error = -EIO;
}

/* A stored chunk: the size less one, then the bytes, which still enter the dictionary. */
static void plain_chunk(struct xz *z)
{
	u32 len = decomp_byte(&z->in) << 8;

	len += decomp_byte(&z->in) + 1u;
	read_chunk(z, len);
	if (!z->error)
		window_copy(z->window, cspan_first(cspan_of(z->chunk), len));
}

/* A chunk's header has the sizes of its output and input, and the properties if they are new. */
static void lzma_chunk(struct xz *z, u32 control)
{
	u32 out = (control & 31) << 16, len;

	out += (u32)decomp_byte(&z->in) << 8;
	out += decomp_byte(&z->in) + 1u;
	len = (u32)decomp_byte(&z->in) << 8;
	len += decomp_byte(&z->in) + 1u;
	if (control >= 0xc0)
		set_props(z, decomp_byte(&z->in));
	if (z->need_props)
		lzma2_damaged(z);
	if (control >= 0xa0)
		state_reset(z);
	if (!z->error)
		read_chunk(z, len);
	if (!z->error)
		coded_chunk(z, out);
}

/* Begins a new dictionary; the old output is passed on first. */
static void dict_reset(struct xz *z)
{
	z->error = window_flush(z->window);
	window_start(z->window, z->dict_size);
	z->need_dict_reset = false;
	z->need_props = true;
}

/*
 * The control byte: 0 is the end; 1 and 2 a stored chunk, with and without a reset of the
 * dictionary; from 0x80 on a coded chunk, whose bits 5 and 6 say what is reset. The first chunk
 * must reset the dictionary, so no match reaches the output of an earlier block.
 */
void lzma2_unpack(struct xz *z)
{
	z->need_dict_reset = true;
	z->need_props = true;
	while (!z->error) {
		u32 control = decomp_byte(&z->in);

		if (!control)
			break;
		if (control >= 0xe0 || control == 1)
			dict_reset(z);
		if (z->need_dict_reset || (control > 2 && control < 0x80)) {
			lzma2_damaged(z);
			break;
		}
		if (z->error)
			break;
		if (control < 0x80)
			plain_chunk(z);
		else
			lzma_chunk(z, control);
		if (!z->error)
			z->error = z->window->error;
	}
	if (z->in.cut_off)
		z->error = -EIO;
}
