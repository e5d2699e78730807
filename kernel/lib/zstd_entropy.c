// SPDX-License-Identifier: MPL-2.0
/*
 * The entropy coding of Zstandard (RFC 8878, section 4): FSE and Huffman codes. Descriptions of
 * codes are read forwards, bit streams backwards: the highest set bit of the last byte marks the
 * beginning of a stream. A reader that goes past the end of a stream gets zeroes, and finds that
 * left is negative.
 *
 * FSE is a state machine. The table has an entry for each state: the symbol that it stands for, and
 * how the next state is found, a base plus a number of bits read from the stream. A frequent symbol
 * has many states, so few bits lead to its next one. A Huffman code is a table indexed by the next
 * bits of the stream, as many as the longest code has; each entry has the symbol and the length of
 * its code.
 */
#include <kernel/zstd.h>
#include <uapi/errno.h>

#define MAX_WEIGHT 11u /* bits of a Huffman code, at most */

static void entropy_damaged(struct zstd *z)
{
	z->error = z->error ? z->error : -EINVAL;
}

void zstd_bits_start(struct zstd *z, struct zstd_bits *b, u32 off, u32 len)
{
	bool inside = len && len <= z->block_len && off <= z->block_len - len;
	u8 last = inside ? zstd_block_byte(z, off + len - 1) : 0;

	b->base = off * 8;
	b->left = 0;
	if (!last)
		entropy_damaged(z);
	else
		b->left = (s32)((len - 1) * 8 + bit_highest(last));
}

/* ---- FSE ---- */

/*
 * Spreads the states of each symbol over the table (4.1.1). Symbols with a probability below 1 have
 * one state each, at the end of the table.
 */
static void spread(struct zstd *z, struct fse_table *t)
{
	u32 size = 1u << z->counts.log, step = (size >> 1) + (size >> 3) + 3, high = size, pos = 0,
	    s;
	s32 i;

	for (s = 0; s < z->counts.nr; s++) {
		if (z->counts.count[s] == -1)
			t->entry[--high].symbol = (u8)s;
	}
	for (s = 0; s < z->counts.nr; s++) {
		for (i = 0; i < z->counts.count[s]; i++) {
			t->entry[pos].symbol = (u8)s;
			do
				pos = (pos + step) & (size - 1);
			while (pos >= high && high);
		}
	}
}

void fse_build(struct zstd *z, struct fse_table *t)
{
	u32 size = 1u << z->counts.log, i;

	spread(z, t);
	t->log = z->counts.log;
	t->valid = true;
	/*
	 * The n states of a symbol share all possible next states: each has a range of them, which
	 * follows from its number between n and 2n - 1.
	 */
	for (i = 0; i < z->counts.nr; i++) {
		if (z->counts.count[i] == -1)
			z->counts.count[i] = 1;
	}
	for (i = 0; i < size; i++) {
		struct fse_entry *const e = array_at(t->entry, i);
		u32 next = (u32)(*array_at(z->counts.count, e->symbol))++;
		e->bits = (u8)(z->counts.log - bit_highest(next));
		e->base = (u16)((next << e->bits) - size);
	}
}

/* @n bits of the description, which is read forwards. */
static u32 forward(const struct zstd *z, u32 at, u32 n)
{
	return (u32)(zstd_peek(z, at) & ((1ul << n) - 1));
}

/*
 * Symbols without a state: a zero is followed by two bits that give the number of further zeroes,
 * and by two more bits if that is three.
 */
static void skip_zeros(struct zstd *z, u32 *at, u32 nr_symbols)
{
	u32 n, i;

	do {
		n = forward(z, *at, 2);
		*at += 2;
		if (z->counts.nr + n > nr_symbols || *at > z->block_len * 8) {
			entropy_damaged(z);
			return;
		}
		for (i = 0; i < n; i++)
			z->counts.count[z->counts.nr++] = 0;
	} while (n == 3);
}

/* The description has a probability for each symbol, until they add up to the number of states. */
void fse_read(struct zstd *z, struct fse_table *t, u32 *off, u32 end, u32 nr_symbols, u32 max_log)
{
	u32 at = *off * 8, log = forward(z, at, 4) + 5;
	s32 left = 1 << min(log, 15u);

	z->counts.log = log;
	z->counts.nr = 0;
	t->valid = false;
	if (log > max_log || *off >= end) {
		entropy_damaged(z);
		return;
	}
	at += 4;
	/* A number up to left + 1; the smaller ones have one bit less. */
	while (left && !z->error) {
		u32 bits = bit_highest((u64)left + 1) + 1, v = forward(z, at, bits),
		    low = v & ((1u << (bits - 1)) - 1);
		u32 spare = (1u << bits) - 2 - (u32)left;

		if (low < spare) {
			v = low;
			at += bits - 1;
		} else {
			v = v > low ? v - spare : v;
			at += bits;
		}
		if (z->counts.nr == nr_symbols || at > end * 8 || (s32)v - 1 > left) {
			entropy_damaged(z);
			return;
		}
		z->counts.count[z->counts.nr++] = (s16)((s32)v - 1);
		left -= v ? (s32)v - 1 : 1;
		if (v == 1)
			skip_zeros(z, &at, nr_symbols);
	}
	*off = (at + 7) / 8;
	if (*off > end)
		entropy_damaged(z);
	if (!z->error)
		fse_build(z, t);
}

/* ---- Huffman ---- */

/*
 * Decodes the weights, from two interleaved FSE streams. The end of the bits is the end of the
 * weights. Returns their number.
 */
static u32 coded_weights(struct zstd *z, u32 off, u32 len)
{
	struct zstd_bits b;
	u32 at = off, state[2], n = 0, turn = 0;

	fse_read(z, &z->weights_table, &at, off + len, 256, 6);
	if (!z->error)
		zstd_bits_start(z, &b, at, off + len - at);
	if (z->error)
		return 0;
	state[0] = zstd_bits_take(z, &b, z->weights_table.log);
	state[1] = zstd_bits_take(z, &b, z->weights_table.log);
	if (b.left < 0)
		entropy_damaged(z);
	/*
	 * When one stream would read past the end, it has produced its last symbol, and the other
	 * one produces one more.
	 */
	while (n < 254 && !z->error) {
		const struct fse_entry *const e = array_at(z->weights_table.entry, state[turn]);
		z->weights[n++] = e->symbol;
		state[turn] = e->base + zstd_bits_take(z, &b, e->bits);
		turn ^= 1;
		if (b.left < 0) {
			z->weights[n++] = z->weights_table.entry[state[turn]].symbol;
			return n;
		}
	}
	entropy_damaged(z);
	return 0;
}

/*
 * Derives the weight of the last symbol: what is missing to a power of two. Returns the length of
 * the longest code in bits, or 0 if the weights are invalid.
 */
static u32 last_weight(struct zstd *z, u32 n)
{
	u32 total = 0, i, bits, left;

	for (i = 0; i < n; i++) {
		if (z->weights[i] > MAX_WEIGHT)
			return 0;
		total += z->weights[i] ? 1u << (z->weights[i] - 1) : 0;
	}
	if (!total)
		return 0;
	bits = bit_highest(total) + 1;
	left = (1u << bits) - total;
	if (bits > MAX_WEIGHT || (left & (left - 1)))
		return 0;
	z->weights[n] = (u8)(bit_highest(left) + 1);
	return bits;
}

/*
 * Builds the table: codes are ordered by weight, then by symbol. A symbol of weight w has 1 << (w -
 * 1) entries.
 */
static void huff_build(struct zstd *z, u32 n)
{
	u32 bits = last_weight(z, n), w, s, i, at = 0;

	z->huff.bits = bits;
	if (!bits) {
		entropy_damaged(z);
		return;
	}
	for (w = 1; w <= bits; w++) {
		for (s = 0; s <= n; s++) {
			if (z->weights[s] != w)
				continue;
			for (i = 0; i < 1u << (w - 1); i++)
				z->huff.entry[at++] = (u16)(s << 4 | (bits + 1 - w));
		}
	}
}

/* The weights are stored directly, four bits each, or FSE coded; the first byte says which. */
void huff_read(struct zstd *z, u32 *off, u32 end)
{
	u32 head, len, n, i;

	z->huff.bits = 0;
	head = *off < end ? zstd_block_byte(z, *off) : 0;
	n = head >= 128 ? head - 127 : 0;
	len = n ? (n + 1) / 2 : head;
	(*off)++;
	if (!len || len > end || *off > end - len) {
		entropy_damaged(z);
		return;
	}
	for (i = 0; i < n; i++)
		z->weights[i] = (u8)(zstd_block_byte(z, *off + i / 2) >> (i & 1 ? 0 : 4) & 15);
	if (!n)
		n = coded_weights(z, *off, len);
	if (!z->error)
		huff_build(z, n);
	*off += len;
}

/*
 * Decodes the last symbols of a stream, when fewer bits may be left than the longest code has;
 * missing bits read as zeroes. Returns whether the stream ends exactly with the last symbol.
 */
static bool huff_tail(struct zstd *z, struct zstd_bits *b, u32 to, u32 end)
{
	u32 bits = z->huff.bits;

	for (; to < end; to++) {
		u32 index, e;
		if (b->left >= (s32)bits)
			index = forward(z, b->base + (u32)b->left - bits, bits);
		else
			index = forward(z, b->base, (u32)b->left) << (bits - (u32)b->left);
		e = z->huff.entry[index];
		z->lits[to] = (u8)(e >> 4);
		b->left -= (s32)(e & 15);
		if (b->left < 0)
			return false;
	}
	return b->left == 0;
}

/* The common case decodes four symbols from one 64-bit word; huff_tail decodes the rest. */
void huff_decode(struct zstd *z, u32 off, u32 len, u32 to, u32 n)
{
	struct zstd_bits b;
	u32 end = to + n, shift = 64 - z->huff.bits;

	zstd_bits_start(z, &b, off, len);
	if (z->error)
		return;
	/* Four symbols have at most 44 bits. */
	while (end - to >= 4 && b.left >= 64) {
		u64 v = zstd_peek(z, b.base + (u32)b.left - 64);
		u32 i, used = 0;
		for (i = 0; i < 4; i++) {
			u32 e = z->huff.entry[v << used >> shift];
			z->lits[to++] = (u8)(e >> 4);
			used += e & 15;
		}
		b.left -= (s32)used;
	}
	if (!huff_tail(z, &b, to, end))
		entropy_damaged(z);
}
