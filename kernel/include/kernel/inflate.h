// SPDX-License-Identifier: MPL-2.0
/* Decompression of gzip data as a stream (kernel/lib/inflate.c). */
#ifndef KERNEL_INFLATE_H
#define KERNEL_INFLATE_H

#include <kernel/decomp.h>

#define INFLATE_WINDOW    32768u
#define INFLATE_FAST_BITS 10

struct code_lengths {
	u8 len[320];
};
struct huffman {
	u16 count[16];
	u16 symbol[288];
	u16 fast[1 << INFLATE_FAST_BITS]; /* symbol << 4 | bits; 0: the code is longer */
};
struct inflate {
	struct obj obj;
	const struct decomp_ops *ops;
	struct obj *source; /* borrowed from the caller of inflate_gzip */
	u64 bits;
	u32 nr_bits;
	u32 in_pos, in_len;
	u64 out_pos, out_flushed;
	u32 crc; /* of the flushed output */
	u32 crc_table[256];
	int error;
	struct huffman litlen, dist;
	u8 in[4096];
	u8 window[INFLATE_WINDOW];
};
OBJ_TYPE_DECL(inflate);

/*
 * Decompresses one gzip member. The caller sets ops and source in a fresh object. Returns 0,
 * -EINVAL (damaged), -EIO (the input ends too early), or the error of write. Context: task.
 */
int must_check inflate_gzip(struct inflate *z);

#endif
