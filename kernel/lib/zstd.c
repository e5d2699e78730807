// SPDX-License-Identifier: MPL-2.0
/*
 * Zstandard (RFC 8878): frames, blocks, and the sequences of a compressed block.
 *
 * A frame has a header with the size of its window, blocks, and perhaps a checksum of its content.
 * A block is stored, a repeated byte, or compressed. A compressed block is read as a whole. Its
 * literals are decoded to z->lits, with a Huffman code that the block brings or has inherited. Then
 * each sequence appends some of these literals to the window, and after them a match. The lengths
 * and distances of the sequences have FSE codes, predefined, in the block, or inherited.
 *
 * Input is untrusted: each size is compared with the size of the block before it is used, and each
 * offset with the window. The output of a block is counted before it is produced, and is at most
 * block_max. A table is used only if it is valid, so a block cannot inherit a code that no block of
 * its frame has defined.
 *
 * Memory is bounded before any of it is used: a block has at most 128 KiB and lies in z->block, its
 * literals in z->lits, and a frame whose window is larger than DECOMP_WINDOW_MAX is refused with
 * -EFBIG.
 */
#include <kernel/zstd.h>
#include <uapi/errno.h>

#define MAGIC           0xfd2fb528u
#define SKIPPABLE       0x184d2a50u /* the first of sixteen magic numbers */
#define NR_LIT_CODES    36u
#define NR_MATCH_CODES  53u
#define NR_OFFSET_CODES 32u

static void zstd_release(struct zstd *z)
{
	obj_put(&z->window);
}
OBJ_TYPE(zstd, zstd_release);

static void zstd_damaged(struct zstd *z)
{
	z->error = z->error ? z->error : -EINVAL;
}

/* ---- literals (3.1.1.3.1) ---- */

struct lit_header {
	u32 kind; /* raw, one repeated byte, coded, or coded with the code of the previous block */
	u32 nr_streams;
	u32 len;   /* length after decoding */
	u32 coded; /* bytes of the code's description and the streams */
};
enum { LIT_RAW, LIT_RLE, LIT_CODED, LIT_TREELESS };

/*
 * Reads the header and returns its length. The block may be shorter, and bytes of an earlier block
 * follow it in the buffer; the caller compares the length with the block.
 */
static u32 lit_header(const struct zstd *z, struct lit_header *h)
{
	static const u8 raw_bytes[4] = { 1, 2, 1, 3 };
	static const u8 coded_bytes[4] = { 3, 3, 4, 5 };
	static const u8 coded_bits[4] = { 10, 10, 14, 18 };
	u64 v = zstd_peek(z, 0);
	u32 format = (u32)(v >> 2) & 3, bits = coded_bits[format];

	h->kind = (u32)v & 3;
	if (h->kind < LIT_CODED) {
		u32 n = raw_bytes[format];
		h->len = (u32)(v & ((1ul << n * 8) - 1)) >> (n == 1 ? 3 : 4);
		h->coded = h->kind == LIT_RAW ? h->len : 1;
		return n;
	}
	h->nr_streams = format ? 4 : 1;
	h->len = (u32)(v >> 4) & ((1u << bits) - 1);
	h->coded = (u32)(v >> (4 + bits)) & ((1u << bits) - 1);
	return coded_bytes[format];
}

/*
 * Decodes four streams. Three lengths give their positions; the last one has the rest. Each of the
 * first three produces a quarter of the literals, rounded up.
 */
static void four_streams(struct zstd *z, u32 off, u32 end, u32 n)
{
	u64 lengths = zstd_peek(z, off * 8);
	u32 quarter = (n + 3) / 4, i, len;

	off += 6;
	if (off > end || quarter * 3 > n) {
		zstd_damaged(z);
		return;
	}
	for (i = 0; i < 4 && !z->error; i++) {
		len = i < 3 ? (u32)(lengths >> (i * 16)) & 0xffff : end - off;
		if (len > end - off) {
			zstd_damaged(z);
			return;
		}
		huff_decode(z, off, len, i * quarter, i < 3 ? quarter : n - 3 * quarter);
		off += len;
	}
}

/* Decodes the literals. Returns the offset of the sequences that follow. */
static u32 literals(struct zstd *z)
{
	struct lit_header h = { 0 };
	u32 off = lit_header(z, &h), end = off + h.coded;

	z->lit_pos = 0;
	z->lit_len = h.len;
	if (end > z->block_len || h.len > z->block_max) {
		zstd_damaged(z);
		return 0;
	}
	switch (h.kind) {
	case LIT_RAW:
		(void)span_copy(span_of(z->lits), cspan_sub(value_cspan(&z->block), off, h.len));
		return end;
	case LIT_RLE:
		span_fill(span_first(span_of(z->lits), h.len), zstd_block_byte(z, off));
		return end;
	case LIT_CODED:
		huff_read(z, &off, end);
		break;
	default:
		break;
	}
	if (!z->huff.bits || off > end)
		zstd_damaged(z);
	if (z->error)
		return 0;
	if (h.nr_streams == 1)
		huff_decode(z, off, end - off, 0, h.len);
	else
		four_streams(z, off, end, h.len);
	return end;
}

/* ---- sequences (3.1.1.3.2) ---- */

/*
 * Base value and number of extra bits of each code. A code below the first table entry stands for
 * its own value, for matches plus 3.
 */
#define FIRST_LIT_EXTRA   16u
#define FIRST_MATCH_EXTRA 32u
static const u32 lit_base[NR_LIT_CODES - FIRST_LIT_EXTRA] = { 16, 18, 20, 22, 24, 28, 32, 40, 48,
	64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536 };
static const u8 lit_extra[NR_LIT_CODES - FIRST_LIT_EXTRA] = { 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9,
	10, 11, 12, 13, 14, 15, 16 };
static const u32 match_base[NR_MATCH_CODES - FIRST_MATCH_EXTRA] = { 35, 37, 39, 41, 43, 47, 51, 59,
	67, 83, 99, 131, 259, 515, 1027, 2051, 4099, 8195, 16387, 32771, 65539 };
static const u8 match_extra[NR_MATCH_CODES - FIRST_MATCH_EXTRA] = { 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5,
	7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

/* The predefined codes (3.1.1.3.2.2). */
static const struct fse_counts default_lits = { .nr = 36,
	.log = 6,
	.count = { 4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2,
		1, 1, 1, 1, 1, -1, -1, -1, -1 } };
static const struct fse_counts default_matches = { .nr = 53,
	.log = 6,
	.count = { 1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1,
		-1 } };
static const struct fse_counts default_offsets = { .nr = 29,
	.log = 5,
	.count = { 1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1,
		-1, -1, -1 } };

enum { MODE_PREDEFINED, MODE_RLE, MODE_FSE, MODE_REPEAT };

struct seq_code {
	u32 mode, nr_symbols, max_log;
};

/*
 * Prepares the table of one of the three kinds of numbers: predefined, a single symbol, read from
 * the block, or that of the previous block.
 */
static void sequence_table(struct zstd *z, struct fse_table *t, const struct seq_code *c,
	const struct fse_counts *predefined, u32 *off)
{
	if (z->error)
		return;
	switch (c->mode) {
	case MODE_PREDEFINED:
		(void)span_copy(value_span(&z->counts), value_cspan(predefined));
		fse_build(z, t);
		break;
	case MODE_RLE:
		t->log = 0;
		t->entry[0].base = 0;
		t->entry[0].bits = 0;
		t->entry[0].symbol = *off < z->block_len ? zstd_block_byte(z, *off) : 255;
		t->valid = t->entry[0].symbol < c->nr_symbols;
		(*off)++;
		break;
	case MODE_FSE:
		fse_read(z, t, off, z->block_len, c->nr_symbols, c->max_log);
		break;
	default:
		break;
	}
	if (!t->valid)
		zstd_damaged(z);
}

/* Reads the number of sequences and prepares the three tables. Returns the number. */
static u32 sequences_header(struct zstd *z, u32 *off)
{
	u64 v = zstd_peek(z, *off * 8);
	u32 head = (u32)v & 255, n, used, modes;

	if (head < 128) {
		n = head;
		used = 1;
	} else if (head < 255) {
		n = ((head - 128) << 8) + ((u32)(v >> 8) & 255);
		used = 2;
	} else {
		n = ((u32)(v >> 8) & 0xffff) + 0x7f00;
		used = 3;
	}
	modes = (u32)(v >> used * 8) & 255;
	*off += used + (n != 0);
	if (*off > z->block_len || (n && (modes & 3)) || (!n && *off != z->block_len)) {
		zstd_damaged(z);
		return 0;
	}
	if (n) {
		const struct seq_code lits = { modes >> 6, NR_LIT_CODES, 9 };
		const struct seq_code offsets = { modes >> 4 & 3, NR_OFFSET_CODES, 8 };
		const struct seq_code matches = { modes >> 2 & 3, NR_MATCH_CODES, 9 };
		sequence_table(z, &z->lit_lengths, &lits, &default_lits, off);
		sequence_table(z, &z->offsets, &offsets, &default_offsets, off);
		sequence_table(z, &z->match_lengths, &matches, &default_matches, off);
	}
	return n;
}

/*
 * The distance for an offset value. 1 to 3 stand for the last three distances; if no literals
 * precede the match, for the second, the third, and the first minus one (3.1.1.5).
 */
static always_inline u64 offset_of(struct zstd *z, u64 value, bool no_literals)
{
	u64 dist;
	u32 i;

	if (value > 3) {
		dist = value - 3;
		i = 2;
	} else {
		i = (u32)value - 1 + no_literals;
		dist = i < 3 ? z->rep[i] : z->rep[0] - 1;
	}
	if (i >= 2)
		z->rep[2] = z->rep[1];
	if (i >= 1)
		z->rep[1] = z->rep[0];
	z->rep[0] = dist;
	return dist;
}

struct seq_state {
	u32 lit, offset, match;
};

/* The next state of a code: its base and the lowest bits of *@v, which are used up. */
static always_inline u32 next_state(const struct fse_entry *e, u64 *v)
{
	u32 state = e->base + (u32)(*v & ((1ul << e->bits) - 1));

	*v >>= e->bits;
	return state;
}

/*
 * Decodes and executes one sequence. The extra bits are in the order offset, match length, literal
 * length; then follow the next states of literal length, match length and offset. Returns false if
 * it is damaged.
 */
static always_inline bool sequence(struct zstd *z, struct zstd_bits *b, struct seq_state *s,
	bool last)
{
	const struct fse_entry *const l = array_at(z->lit_lengths.entry, s->lit);
	const struct fse_entry *const o = array_at(z->offsets.entry, s->offset);
	const struct fse_entry *const m = array_at(z->match_lengths.entry, s->match);
	u64 value = (1ul << o->symbol) + zstd_bits_take(z, b, o->symbol), v, dist;
	u32 match_len, lit_len;

	if (m->symbol < FIRST_MATCH_EXTRA)
		match_len = m->symbol + 3;
	else
		match_len = match_base[m->symbol - FIRST_MATCH_EXTRA] +
			zstd_bits_take(z, b, match_extra[m->symbol - FIRST_MATCH_EXTRA]);
	if (l->symbol < FIRST_LIT_EXTRA)
		lit_len = l->symbol;
	else
		lit_len = lit_base[l->symbol - FIRST_LIT_EXTRA] +
			zstd_bits_take(z, b, lit_extra[l->symbol - FIRST_LIT_EXTRA]);
	if (!last) {
		/* The first value read is in the highest bits. */
		v = zstd_bits_take(z, b, (u32)l->bits + m->bits + o->bits);
		s->offset = next_state(o, &v);
		s->match = next_state(m, &v);
		s->lit = next_state(l, &v);
	}
	dist = offset_of(z, value, !lit_len);
	if (b->left < 0 || lit_len > z->lit_len - z->lit_pos ||
		lit_len + match_len > z->block_max - z->block_out)
		return false;
	z->block_out += lit_len + match_len;
	window_copy(z->window, cspan_sub(cspan_of(z->lits), z->lit_pos, lit_len));
	z->lit_pos += lit_len;
	return window_match(z->window, dist, match_len);
}

/* Executes the sequences of a block. The bit stream must end exactly with the last one. */
static void sequences(struct zstd *z, u32 off)
{
	struct zstd_bits b;
	struct seq_state s;
	u32 n = sequences_header(z, &off), i;

	z->block_out = 0;
	if (n && !z->error) {
		zstd_bits_start(z, &b, off, z->block_len - min(off, z->block_len));
		s.lit = zstd_bits_take(z, &b, z->lit_lengths.log);
		s.offset = zstd_bits_take(z, &b, z->offsets.log);
		s.match = zstd_bits_take(z, &b, z->match_lengths.log);
		for (i = 0; i < n && !z->error; i++) {
			if (!sequence(z, &b, &s, i + 1 == n))
				zstd_damaged(z);
		}
		if (b.left)
			zstd_damaged(z);
	}
	/* The remaining literals follow the last sequence. */
	if (z->lit_len - z->lit_pos > z->block_max - z->block_out)
		zstd_damaged(z);
	if (!z->error)
		window_copy(z->window,
			cspan_sub(cspan_of(z->lits), z->lit_pos, z->lit_len - z->lit_pos));
}

/* ---- blocks (3.1.1.2) ---- */

enum { BLOCK_RAW, BLOCK_RLE, BLOCK_COMPRESSED };

/* Reads the bytes of a block into z->block. */
static void read_block(struct zstd *z, u32 len)
{
	z->block_len = len;
	decomp_bytes(&z->in, span_first(value_span(&z->block), len));
	if (z->in.cut_off)
		z->error = -EIO;
}

/* Decompresses a block. Returns whether it was the last one. */
static bool zstd_block_unpack(struct zstd *z)
{
	u32 head = (u32)decomp_number(&z->in, 3), len = head >> 3, off;

	if (z->in.cut_off) {
		z->error = -EIO;
		return true;
	}
	if (len > z->block_max) {
		zstd_damaged(z);
		return true;
	}
	switch (head >> 1 & 3) {
	case BLOCK_RAW:
		read_block(z, len);
		if (!z->error)
			window_copy(z->window, cspan_first(value_cspan(&z->block), len));
		break;
	case BLOCK_RLE:
		window_fill(z->window, decomp_byte(&z->in), len);
		break;
	case BLOCK_COMPRESSED:
		read_block(z, len);
		off = z->error ? 0 : literals(z);
		if (!z->error)
			sequences(z, off);
		break;
	default:
		zstd_damaged(z);
		break;
	}
	if (!z->error)
		z->error = z->window->error;
	return head & 1;
}

/* ---- frames (3.1.1.1) ---- */

struct frame_header {
	u64 window, content;
	bool has_content;
};

/*
 * Parses the frame header. Dictionaries are not supported. A frame with a single segment has a
 * window of the size of its content.
 */
static void frame_header(struct zstd *z, struct frame_header *h)
{
	static const u8 dictionary_bytes[4] = { 0, 1, 2, 4 };
	u32 flags = decomp_byte(&z->in), size_code = flags >> 6, window;
	bool single = flags & 0x20;

	if (!single) {
		window = decomp_byte(&z->in);
		h->window = (1ul << (10 + (window >> 3))) / 8 * (8 + (window & 7));
	}
	if (decomp_number(&z->in, dictionary_bytes[flags & 3]))
		z->error = -EOPNOTSUPP;
	h->has_content = single || size_code;
	if (h->has_content)
		h->content = decomp_number(&z->in, 1u << size_code) + (size_code == 1 ? 256 : 0);
	if (single)
		h->window = h->content;
	z->checked = flags & 4;
	if (flags & 8)
		z->error = -EINVAL;
	else if (!z->error && h->window > DECOMP_WINDOW_MAX)
		z->error = -EFBIG;
	if (z->in.cut_off)
		z->error = -EIO;
}

/* Resets everything that an earlier frame has left. */
static void frame_start(struct zstd *z, const struct frame_header *h)
{
	z->block_max = (u32)min(h->window, (u64)ZSTD_BLOCK_MAX);
	z->rep[0] = 1;
	z->rep[1] = 4;
	z->rep[2] = 8;
	z->huff.bits = 0;
	z->lit_lengths.valid = false;
	z->offsets.valid = false;
	z->match_lengths.valid = false;
	xxh64_start(&z->hash);
	window_start(z->window, h->window);
}

/* Decompresses a frame and checks the size of its content and its checksum, if it has them. */
static void frame(struct zstd *z)
{
	struct frame_header h = { 0 };
	int err;

	frame_header(z, &h);
	if (z->error)
		return;
	frame_start(z, &h);
	while (!zstd_block_unpack(z) && !z->error)
		;
	/* Output is passed on up to the damage. */
	err = window_flush(z->window);
	z->error = z->error ? z->error : err;
	if (z->error)
		return;
	if (h.has_content && h.content != z->window->pos)
		zstd_damaged(z);
	if (z->checked && (u32)decomp_number(&z->in, 4) != (u32)xxh64_value(&z->hash))
		zstd_damaged(z);
	if (z->in.cut_off)
		z->error = -EIO;
}

/* Skips a frame of user data. */
static void skippable(struct zstd *z)
{
	u64 n = decomp_number(&z->in, 4);

	while (n && !z->in.cut_off) {
		u64 part = min(n, (u64)ZSTD_BLOCK_MAX);
		decomp_bytes(&z->in, span_first(value_span(&z->block), part));
		n -= part;
	}
	if (z->in.cut_off)
		z->error = -EIO;
}

/* Receives the output of a frame, adds it to the checksum, and passes it on. */
static int window_out(struct obj *o, struct cspan bytes)
{
	struct zstd *z = obj_cast(zstd, o);

	if (z->checked)
		xxh64_add(&z->hash, bytes);
	return z->in.ops->write(z->in.source, bytes);
}
static const struct decomp_ops window_ops = { .write = window_out };

/* Whether another frame follows. *@skip: it is a skippable one. */
static bool next_frame(struct zstd *z, bool *skip)
{
	u64 magic;

	if (!decomp_peek(&z->in, 4, &magic))
		return false;
	*skip = (magic & ~15ul) == SKIPPABLE;
	return *skip || magic == MAGIC;
}

/*
 * Frames one behind the other, as zstd writes them when files are joined; skippable ones hold data
 * for other programs.
 */
int zstd_unpack(struct zstd *z)
{
	bool skip;

	z->window = obj_new(window);
	if (!z->window)
		return -ENOMEM;
	z->window->ops = &window_ops;
	z->window->source = &z->obj;
	if (!next_frame(z, &skip))
		return -EINVAL;
	do {
		(void)decomp_number(&z->in, 4);
		if (skip)
			skippable(z);
		else
			frame(z);
	} while (!z->error && next_frame(z, &skip));
	return z->error;
}
