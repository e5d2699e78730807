// SPDX-License-Identifier: MPL-2.0
/* Decompression of .xz streams with LZMA2 as a stream (kernel/lib/xz.c, lzma2.c). */
#ifndef KERNEL_XZ_H
#define KERNEL_XZ_H

#include <kernel/decomp.h>

#define LZMA_CHUNK_MAX 65536u

/*
 * The adaptive probabilities of LZMA: offsets of the groups in xz.probs. Each is the probability of
 * a zero bit, in 2048ths.
 */
enum lzma_probs {
	LZMA_STATES = 12,
	LZMA_POS_STATES = 16,
	IS_MATCH = 0,
	IS_REP = IS_MATCH + LZMA_STATES * LZMA_POS_STATES,
	IS_REP0 = IS_REP + LZMA_STATES,
	IS_REP1 = IS_REP0 + LZMA_STATES,
	IS_REP2 = IS_REP1 + LZMA_STATES,
	IS_REP0_LONG = IS_REP2 + LZMA_STATES,
	DIST_SLOT = IS_REP0_LONG + LZMA_STATES * LZMA_POS_STATES,
	DIST_SPECIAL = DIST_SLOT + 4 * 64,
	DIST_ALIGN = DIST_SPECIAL + 128,
	MATCH_LEN = DIST_ALIGN + 16,
	REP_LEN = MATCH_LEN + 2 + 2 * LZMA_POS_STATES * 8 + 256,
	LITERAL = REP_LEN + 2 + 2 * LZMA_POS_STATES * 8 + 256,
	LITERAL_CODER = 0x300,
	LZMA_NR_PROBS = LITERAL + (LITERAL_CODER << 4),
};

struct xz {
	struct obj obj;
	struct decomp_in in;
	struct window *window;
	int error;
	u32 check; /* the kind of checksum of the stream */
	u32 crc32; /* of the block's output, or of the part of the stream being read */
	u64 crc64;
	u8 header[1024]; /* of the block */
	u64 dict_size;   /* from the block header */
	u64 block_out;   /* output bytes of the block so far */
	/*
	 * The blocks decoded so far, for the comparison with the index: their number, the sums of
	 * their sizes, and a checksum of the list.
	 */
	u64 nr_blocks, sum_unpadded, sum_out;
	u64 list_crc;
	/* LZMA2 */
	bool need_dict_reset, need_props;
	u32 lc, lp_mask, pb_mask;
	u32 state;
	u64 rep[4]; /* distances, from 1 on */
	u32 chunk_len, chunk_pos;
	u8 chunk[LZMA_CHUNK_MAX];
	u16 probs[LZMA_NR_PROBS];
	u32 crc32_table[256];
	u64 crc64_table[256];
};
OBJ_TYPE_DECL(xz);

/*
 * Decompresses consecutive streams. The caller sets in.ops and in.source in a fresh object. Data
 * after the last stream is not consumed: decomp_offset(&z->in) is where it begins or, after an
 * error, roughly where the damage is. Returns 0, -EINVAL (damaged), -EIO (the input ends too
 * early), -EFBIG (the dictionary is larger than DECOMP_WINDOW_MAX), -EOPNOTSUPP (a filter other
 * than LZMA2, or a check other than CRC32 and CRC64), -ENOMEM, or the error of write. Context:
 * task.
 */
int must_check xz_unpack(struct xz *z);

/* Decompresses the LZMA2 data of one block to the window (lzma2.c). Sets z->error. */
void lzma2_unpack(struct xz *z);

#endif
