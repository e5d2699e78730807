// SPDX-License-Identifier: MPL-2.0
/*
 * Decompression of Zstandard frames (RFC 8878) as a stream (kernel/lib/zstd.c, zstd_entropy.c,
 * xxhash.c).
 */
#ifndef KERNEL_ZSTD_H
#define KERNEL_ZSTD_H

#include <kernel/decomp.h>
#include <kernel/xxhash.h>

#define ZSTD_BLOCK_MAX 131072u

/*
 * A block as it came, in words: its bit streams are read backwards. The words beyond the largest
 * block let a reader take 64 bits at any bit of it.
 */
struct zstd_block {
	u64 word[ZSTD_BLOCK_MAX / 8 + 2];
};

struct fse_entry {
	u16 base; /* of the next state */
	u8 bits;  /* that are read and added to it */
	u8 symbol;
};
struct fse_table {
	struct fse_entry entry[512];
	u32 log; /* of the number of states */
	bool valid;
};
/* Probabilities, in states of 1 << log; -1: less than one. */
struct fse_counts {
	s16 count[256];
	u32 nr, log;
};
struct huff_table {
	u16 entry[2048]; /* symbol << 4 | bits */
	u32 bits;        /* of the longest code; 0: there is no table yet */
};

struct zstd {
	struct obj obj;
	struct decomp_in in;
	struct window *window;
	struct xxh64 hash;
	bool checked; /* the frame ends in a checksum */
	u32 block_max, block_len;
	u32 block_out;        /* what the block has made */
	u32 lit_len, lit_pos; /* literals of the block, and those that have been used */
	u64 rep[3];           /* the last offsets */
	s32 error;
	struct huff_table huff;
	struct fse_table lit_lengths, offsets, match_lengths, weights_table;
	struct fse_counts counts;
	u8 weights[256];
	struct zstd_block block;
	u8 lits[ZSTD_BLOCK_MAX];
};
OBJ_TYPE_DECL(zstd);

/*
 * With in.ops and in.source set in a fresh object: decompresses frames, and skips skippable ones,
 * as long as one follows the other. What follows the last is not taken; decomp_offset(&z->in) says
 * where it begins, and after an error about where the damage is. Returns 0, -EINVAL (damaged), -EIO
 * (cut off), -EFBIG (the window is larger than DECOMP_WINDOW_MAX), -EOPNOTSUPP (needs a
 * dictionary), -ENOMEM, or what write returned.
 */
s32 zstd_unpack(struct zstd *z);

/*
 * ---- entropy coding (zstd_entropy.c): inside the block, all set z->error if something is wrong
 * ----
 */

/*
 * A bit stream in the block that is read from its end: @left bits are left, of those behind bit
 * @base. Below zero: more was read than there was.
 */
struct zstd_bits {
	u32 base;
	s32 left;
};
/* The bit stream of the @len bytes at @off. */
void zstd_bits_start(struct zstd *z, struct zstd_bits *b, u32 off, u32 len);
/*
 * Reads the probabilities at @*off of a code with at most @nr_symbols symbols and 1 << max_log
 * states, moves @*off behind them, and makes the table.
 */
void fse_read(struct zstd *z, struct fse_table *t, u32 *off, u32 end, u32 nr_symbols, u32 max_log);
/* Makes the table of the probabilities in z->counts. */
void fse_build(struct zstd *z, struct fse_table *t);
/* Reads the Huffman code at @*off and moves @*off behind it. */
void huff_read(struct zstd *z, u32 *off, u32 end);
/* Decodes @n literals from the bit stream of the @len bytes at @off, to z->lits at @to. */
void huff_decode(struct zstd *z, u32 off, u32 len, u32 to, u32 n);

/* 64 bits from bit @at of the block. */
static always_inline u64 zstd_peek(const struct zstd *z, u32 at)
{
	return z->block.word[at / 64] >> (at % 64) |
		(z->block.word[at / 64 + 1] << 1) << (63 - at % 64);
}
static always_inline u8 zstd_block_byte(const struct zstd *z, u32 at)
{
	return (u8)(z->block.word[at / 8] >> (at % 8 * 8));
}
/* The next @n bits, 32 at most; zeros when there are not so many. */
static always_inline u32 zstd_bits_take(const struct zstd *z, struct zstd_bits *b, u32 n)
{
	b->left -= (s32)n;
	if (unlikely(b->left < 0))
		return 0;
	return (u32)(zstd_peek(z, b->base + (u32)b->left) & ((1ul << n) - 1));
}

#endif
