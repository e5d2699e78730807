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
 * A compressed block, in words: its bit streams are read backwards. The extra words at the end
 * allow a read of 64 bits at any bit of the block.
 */
struct zstd_block {
	u64 word[ZSTD_BLOCK_MAX / 8 + 2];
};

struct fse_entry {
	u16 base; /* base of the next state */
	u8 bits;  /* bits to read and add to it */
	u8 symbol;
};
struct fse_table {
	struct fse_entry entry[512];
	u32 log; /* log2 of the number of states */
	bool valid;
};
/* Probabilities, in states of 1 << log; -1: less than one. */
struct fse_counts {
	s16 count[256];
	u32 nr, log;
};
struct huff_table {
	u16 entry[2048]; /* symbol << 4 | bits */
	u32 bits;        /* length of the longest code; 0: no table yet */
};

struct zstd {
	struct obj obj;
	struct decomp_in in;
	struct window *window;
	struct xxh64 hash;
	bool checked; /* the frame ends in a checksum */
	u32 block_max, block_len;
	u32 block_out;        /* output bytes of the block so far */
	u32 lit_len, lit_pos; /* literals of the block; of these, used ones */
	u64 rep[3];           /* the last offsets */
	int error;
	struct huff_table huff;
	struct fse_table lit_lengths, offsets, match_lengths, weights_table;
	struct fse_counts counts;
	u8 weights[256];
	struct zstd_block block;
	u8 lits[ZSTD_BLOCK_MAX];
};
OBJ_TYPE_DECL(zstd);

/*
 * Decompresses consecutive frames and skips skippable ones. The caller sets in.ops and in.source in
 * a fresh object. Data after the last frame is not consumed: decomp_offset(&z->in) is where it
 * begins or, after an error, roughly where the damage is. Returns 0, -EINVAL (damaged), -EIO (the
 * input ends too early), -EFBIG (the window is larger than DECOMP_WINDOW_MAX), -EOPNOTSUPP (needs a
 * dictionary), -ENOMEM, or the error of write. Context: task.
 */
int must_check zstd_unpack(struct zstd *z);

/*
 * ---- entropy coding (zstd_entropy.c): reads inside the block; sets z->error for damaged data ----
 */

/*
 * A bit stream in the block, read from its end: @left bits are left of those after bit @base. A
 * negative number means that more was read than there was.
 */
struct zstd_bits {
	u32 base;
	s32 left;
};
/* Starts the bit stream of the @len bytes at @off. */
void zstd_bits_start(struct zstd *z, struct zstd_bits *b, u32 off, u32 len);
/*
 * Reads the probabilities of a code with at most @nr_symbols symbols and 1 << max_log states at
 * @*off, advances @*off, and makes the table. @end: the end of the data.
 */
void fse_read(struct zstd *z, struct fse_table *t, u32 *off, u32 end, u32 nr_symbols, u32 max_log);
/* Makes the table for the probabilities in z->counts. */
void fse_build(struct zstd *z, struct fse_table *t);
/* Reads the Huffman code at @*off and advances @*off. */
void huff_read(struct zstd *z, u32 *off, u32 end);
/* Decodes @n literals from the bit stream of the @len bytes at @off, to z->lits at @to. */
void huff_decode(struct zstd *z, u32 off, u32 len, u32 to, u32 n);

/* The 64 bits from bit @at of the block on. */
static always_inline u64 zstd_peek(const struct zstd *z, u32 at)
{
	return z->block.word[at / 64] >> (at % 64) |
		(z->block.word[at / 64 + 1] << 1) << (63 - at % 64);
}
/* Byte @at of the block. */
static always_inline u8 zstd_block_byte(const struct zstd *z, u32 at)
{
	return (u8)(z->block.word[at / 8] >> (at % 8 * 8));
}
/* The next @n bits, at most 32; 0 if fewer are left. */
static always_inline u32 zstd_bits_take(const struct zstd *z, struct zstd_bits *b, u32 n)
{
	b->left -= (s32)n;
	if (unlikely(b->left < 0))
		return 0;
	return (u32)(zstd_peek(z, b->base + (u32)b->left) & ((1ul << n) - 1));
}

#endif
