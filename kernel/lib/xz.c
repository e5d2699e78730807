// SPDX-License-Identifier: MPL-2.0
/*
 * The .xz container (The .xz File Format, version 1.1.0): a stream has a header, blocks, an index
 * that repeats the sizes of the blocks, and a footer.
 *
 * A stream is read from its beginning to its end. The header says which kind of checksum follows
 * each block. Each block has a header with its filters and perhaps its sizes, the LZMA2 data,
 * padding, and the checksum of its output. A zero byte instead of a block header begins the index.
 * After the footer another stream may follow.
 *
 * The sizes of the blocks are not stored for the comparison with the index. Instead, the number,
 * the sums and a checksum of both lists are compared, so memory does not grow with the input.
 *
 * Input is untrusted. Each step sets z->error when it finds damage, and the loops end on it; input
 * past the end reads as zeroes and is found by in.cut_off. Output that is complete is passed on
 * even if damage follows.
 */
#include <kernel/xz.h>
#include <uapi/errno.h>

#define HEADER_MAGIC 0x005a587a37fdul /* "\xfd7zXZ\0" */
#define FOOTER_MAGIC 0x5a59u          /* "YZ" */
#define FILTER_LZMA2 0x21u

enum { CHECK_NONE = 0, CHECK_CRC32 = 1, CHECK_CRC64 = 4 };

static void xz_release(struct xz *z)
{
	obj_put(&z->window);
}
OBJ_TYPE(xz, xz_release);

static void xz_damaged(struct xz *z)
{
	z->error = z->in.cut_off ? -EIO : z->error ? z->error : -EINVAL;
}

/* ---- checksums: one byte a step, with tables ---- */

/* CRC-32 of gzip, and CRC-64 of ECMA-182. */
static void make_tables(struct xz *z)
{
	u32 i, k;

	for (i = 0; i < 256; i++) {
		u32 a = i;
		u64 b = i;
		for (k = 0; k < 8; k++) {
			a = a & 1 ? a >> 1 ^ 0xedb88320u : a >> 1;
			b = b & 1 ? b >> 1 ^ 0xc96c5795d7870f42ul : b >> 1;
		}
		z->crc32_table[i] = a;
		z->crc64_table[i] = b;
	}
}

static u32 crc32_add(const struct xz *z, u32 crc, struct cspan bytes)
{
	size_t i, n = cspan_len(bytes);

	for (i = 0; i < n; i++)
		crc = crc >> 8 ^ z->crc32_table[(crc ^ span_byte(bytes, i)) & 255];
	return crc;
}

static u64 crc64_add(const struct xz *z, u64 crc, struct cspan bytes)
{
	size_t i, n = cspan_len(bytes);

	for (i = 0; i < n; i++)
		crc = crc >> 8 ^ z->crc64_table[(crc ^ span_byte(bytes, i)) & 255];
	return crc;
}

/* Adds a block to the checksum of the list of blocks: its unpadded and its uncompressed size. */
static u64 list_add(const struct xz *z, u64 crc, u64 unpadded, u64 out)
{
	u64 pair[2] = { unpadded, out };

	return crc64_add(z, crc, value_cspan(&pair));
}

/* Reads a byte of the index and adds it to the index's own checksum. */
static u8 index_byte(struct xz *z)
{
	u8 byte = decomp_byte(&z->in);

	z->crc32 = z->crc32 >> 8 ^ z->crc32_table[(z->crc32 ^ byte) & 255];
	return byte;
}

/* ---- blocks ---- */

/*
 * Adds the @i-th byte of a number to *@v. A number consists of groups of seven bits, lowest first,
 * at most nine; the last byte is not zero unless it is the only one. Returns whether the number is
 * complete, or damaged (then *@v is 0).
 */
static bool number_ends(struct xz *z, u64 *v, u32 i, u8 byte)
{
	*v |= (u64)(byte & 127) << (i * 7);
	if ((byte & 128) && i < 8)
		return false;
	if ((byte & 128) || (!byte && i)) {
		xz_damaged(z);
		*v = 0;
	}
	return true;
}

/* Reads a number in the block header, which ends at @end. */
static u64 header_number(struct xz *z, u32 *pos, u32 end)
{
	u64 v = 0;
	u32 i;

	for (i = 0; *pos < end; i++) {
		if (number_ends(z, &v, i, z->header[(*pos)++]))
			return v;
	}
	xz_damaged(z);
	return 0;
}

/* Parses the list of filters. Supported is a single one, LZMA2, with the size of its dictionary. */
static void filters(struct xz *z, u32 nr, u32 *pos, u32 end)
{
	u64 id = header_number(z, pos, end), len = header_number(z, pos, end);
	u32 size;

	if (z->error)
		return;
	if (nr != 1 || id != FILTER_LZMA2) {
		z->error = -EOPNOTSUPP;
		return;
	}
	if (len != 1 || *pos >= end || z->header[*pos] > 40) {
		xz_damaged(z);
		return;
	}
	size = z->header[(*pos)++];
	z->dict_size = (2ul | (size & 1)) << (size / 2 + 11);
	if (z->dict_size > DECOMP_WINDOW_MAX)
		z->error = -EFBIG;
}

struct xz_block {
	u64 packed, out; /* the sizes in the header */
	bool has_packed, has_out;
};

/* Reads the block header, of which @first is the first byte. Returns its length. */
static u32 block_header(struct xz *z, u32 first, struct xz_block *b)
{
	u32 len = (first + 1) * 4, end = len - 4, pos = 2, flags, i, crc = 0;

	z->header[0] = (u8)first;
	decomp_bytes(&z->in, span_sub(span_of(z->header), 1, len - 1));
	for (i = 0; i < 4; i++)
		crc |= (u32)z->header[end + i] << (i * 8);
	if (z->in.cut_off || crc != ~crc32_add(z, ~0u, cspan_first(cspan_of(z->header), end))) {
		xz_damaged(z);
		return 0;
	}
	flags = z->header[1];
	b->has_packed = flags & 0x40;
	b->has_out = flags & 0x80;
	if (flags & 0x3c)
		z->error = -EOPNOTSUPP;
	b->packed = b->has_packed ? header_number(z, &pos, end) : 0;
	b->out = b->has_out ? header_number(z, &pos, end) : 0;
	if (!z->error)
		filters(z, (flags & 3) + 1, &pos, end);
	for (; pos < end && !z->error; pos++) {
		if (z->header[pos])
			xz_damaged(z);
	}
	return len;
}

/* The length of the checksum behind a block. It counts for the unpadded size in the index. */
static u32 check_len(const struct xz *z)
{
	return z->check == CHECK_CRC64 ? 8 : z->check == CHECK_CRC32 ? 4 : 0;
}

/* Decompresses a block and checks its padding, sizes and checksum. */
static void xz_block_unpack(struct xz *z, u32 first)
{
	struct xz_block b = { 0 };
	u64 start, packed;
	u32 head = block_header(z, first, &b), pad;
	int err;

	if (z->error)
		return;
	z->crc32 = ~0u;
	z->crc64 = ~0ul;
	z->block_out = 0;
	start = decomp_offset(&z->in);
	window_start(z->window, z->dict_size);
	lzma2_unpack(z);
	/* Output is passed on up to the damage. */
	err = window_flush(z->window);
	z->error = z->error ? z->error : err;
	if (z->error)
		return;
	packed = decomp_offset(&z->in) - start;
	for (pad = -(u32)packed & 3; pad; pad--) {
		if (decomp_byte(&z->in))
			xz_damaged(z);
	}
	if ((b.has_packed && b.packed != packed) || (b.has_out && b.out != z->block_out))
		xz_damaged(z);
	if (z->check == CHECK_CRC32 && decomp_number(&z->in, 4) != ~z->crc32)
		xz_damaged(z);
	if (z->check == CHECK_CRC64 && decomp_number(&z->in, 8) != ~z->crc64)
		xz_damaged(z);
	if (z->in.cut_off)
		xz_damaged(z);
	z->nr_blocks++;
	z->sum_unpadded += head + packed + check_len(z);
	z->sum_out += z->block_out;
	z->list_crc = list_add(z, z->list_crc, head + packed + check_len(z), z->block_out);
}

/* ---- streams ---- */

static u64 index_number(struct xz *z)
{
	u64 v = 0;
	u32 i;

	for (i = 0; !number_ends(z, &v, i, index_byte(z)); i++)
		;
	return v;
}

/*
 * Reads the index, after its first byte (zero), and compares it with the blocks. Returns its
 * length.
 */
static u64 index_of_blocks(struct xz *z)
{
	u64 start = decomp_offset(&z->in) - 1, n, i, sum_unpadded = 0, sum_out = 0, crc = 0;
	static const u8 zero[1];
	u32 pad;

	z->crc32 = crc32_add(z, ~0u, cspan_of(zero));
	n = index_number(z);
	if (n != z->nr_blocks)
		xz_damaged(z);
	for (i = 0; i < n && !z->error; i++) {
		u64 unpadded = index_number(z), out = index_number(z);
		sum_unpadded += unpadded;
		sum_out += out;
		crc = list_add(z, crc, unpadded, out);
		if (z->in.cut_off)
			xz_damaged(z);
	}
	for (pad = -(u32)(decomp_offset(&z->in) - start) & 3; pad; pad--) {
		if (index_byte(z))
			xz_damaged(z);
	}
	if (sum_unpadded != z->sum_unpadded || sum_out != z->sum_out || crc != z->list_crc ||
		decomp_number(&z->in, 4) != ~z->crc32)
		xz_damaged(z);
	return decomp_offset(&z->in) - start;
}

/*
 * Parses the stream flags, of two bytes: the first is zero, the second is the kind of checksum.
 * They occur in header and footer, each time with a checksum of their own. Returns false if they
 * are unknown.
 */
static bool stream_flags(struct xz *z, u32 flags)
{
	if ((flags & 0xff) || flags >> 12)
		return false;
	z->check = flags >> 8;
	return true;
}

/* The footer repeats the stream flags and has the length of the index, with a checksum. */
static void stream_footer(struct xz *z, u64 index_len, u32 flags)
{
	u8 bytes[6] = { 0 };
	u32 crc = (u32)decomp_number(&z->in, 4), i;
	u64 v = 0;

	decomp_bytes(&z->in, span_of(bytes));
	for (i = 0; i < 6; i++)
		v |= (u64)bytes[i] << (i * 8);
	if (crc != ~crc32_add(z, ~0u, cspan_of(bytes)) || ((v & 0xffffffff) + 1) * 4 != index_len ||
		v >> 32 != flags)
		xz_damaged(z);
	if (decomp_number(&z->in, 2) != FOOTER_MAGIC || z->in.cut_off)
		xz_damaged(z);
}

/* Decompresses a stream whose magic number has been read. */
static void stream(struct xz *z)
{
	u8 bytes[2] = { 0 };
	u32 flags, first;
	u64 len;

	decomp_bytes(&z->in, span_of(bytes));
	flags = bytes[0] | (u32)bytes[1] << 8;
	if (decomp_number(&z->in, 4) != (u32)~crc32_add(z, ~0u, cspan_of(bytes)) || z->in.cut_off) {
		xz_damaged(z);
		return;
	}
	if (!stream_flags(z, flags) ||
		(z->check != CHECK_NONE && z->check != CHECK_CRC32 && z->check != CHECK_CRC64)) {
		z->error = -EOPNOTSUPP;
		return;
	}
	z->nr_blocks = 0;
	z->sum_unpadded = 0;
	z->sum_out = 0;
	z->list_crc = 0;
	while (!z->error) {
		first = decomp_byte(&z->in);
		if (z->in.cut_off)
			xz_damaged(z);
		else if (!first)
			break;
		else
			xz_block_unpack(z, first);
	}
	if (z->error)
		return;
	len = index_of_blocks(z);
	if (!z->error)
		stream_footer(z, len, flags);
}

/* Receives the output of a block: counts it, adds it to the checksum, and passes it on. */
static int window_out(struct obj *o, struct cspan bytes)
{
	struct xz *z = obj_cast(xz, o);

	z->block_out += cspan_len(bytes);
	if (z->check == CHECK_CRC32)
		z->crc32 = crc32_add(z, z->crc32, bytes);
	else if (z->check == CHECK_CRC64)
		z->crc64 = crc64_add(z, z->crc64, bytes);
	return z->in.ops->write(z->in.source, bytes);
}
static const struct decomp_ops window_ops = { .write = window_out };

static bool next_stream(struct xz *z)
{
	u64 magic;

	return decomp_peek(&z->in, 6, &magic) && magic == HEADER_MAGIC;
}

/*
 * One stream or several, one behind the other, as xz writes them when files are joined. What
 * follows and is no stream is left to the caller.
 */
int xz_unpack(struct xz *z)
{
	z->window = obj_new(window);
	if (!z->window)
		return -ENOMEM;
	z->window->ops = &window_ops;
	z->window->source = &z->obj;
	make_tables(z);
	if (!next_stream(z))
		return -EINVAL;
	do {
		(void)decomp_number(&z->in, 6);
		stream(z);
	} while (!z->error && next_stream(z));
	return z->error;
}
