// SPDX-License-Identifier: MPL-2.0
/*
 * The initial ramdisk: cpio archives (newc), each plain or compressed with gzip, zstd or xz, one
 * after the other with zeroes between them, are unpacked into the root. See the kernel's
 * documentation of the initramfs buffer format. A compressed archive may itself contain several.
 *
 * How it works. unpack_all skips zeroes and finds the kind of the next archive by its first bytes.
 * The unpacker of that kind reads the ramdisk and passes the plain bytes on, in pieces of any size,
 * to cpio_feed (cpio.c), which makes the files (entry.c).
 *
 * An error ends the unpacking with one line in the log, which names the offset. Files unpacked
 * before stay.
 *
 * The ramdisk stays in the memory where the loader has put it and is read from there piece by
 * piece; nothing of it is copied as a whole. So unpacking needs memory for the files, and for the
 * window of a decompressor.
 */
#include <frame/boot.h>
#include <frame/fmt.h>
#include <frame/log.h>
#include <kernel/inflate.h>
#include <kernel/vfs.h>
#include <kernel/xz.h>
#include <kernel/zstd.h>

#include "cpio.h"

static void unpack_release(struct unpack *u)
{
	obj_put(&u->file);
}
OBJ_TYPE(unpack, unpack_release);

/* The output of a decompressor. All of it must be archives: other bytes are an error. */
static int feed(struct obj *o, struct cspan in)
{
	struct unpack *u = obj_cast(unpack, o);
	ssize_t n = cpio_feed(u, in);

	if (n >= 0 && (size_t)n < cspan_len(in))
		n = -EINVAL;
	u->bad_contents = n < 0;
	return n < 0 ? (int)n : 0;
}

/* The input of a decompressor. */
static size_t read_raw(struct obj *o, struct span out)
{
	struct unpack *u = obj_cast(unpack, o);
	size_t n = boot_initrd_read(u->in_offset, out);

	u->in_offset += n;
	return n;
}
static const struct decomp_ops decomp_ops = { .read = read_raw, .write = feed };

/* Passes the archive on as it is. */
static int unpack_plain(struct unpack *u)
{
	struct buf *b = buf_alloc_dirty(BUF_MAX);
	int err = b ? 0 : -ENOMEM;
	size_t n;

	while (!err && (n = boot_initrd_read(u->in_offset, buf_span(b))) != 0) {
		ssize_t used = cpio_feed(u, cspan_first(buf_cspan(b), n));
		if (used < 0)
			err = (int)used;
		else
			u->in_offset += (u64)used;
		if ((size_t)used < n)
			break;
	}
	buf_put(&b);
	return err;
}

/*
 * inflate_gzip reads ahead. The offset is moved back by the bytes it has not used, so that the next
 * archive is found.
 */
static int unpack_gzip(struct unpack *u)
{
	struct inflate *z = obj_new(inflate);
	int err;

	if (!z)
		return -ENOMEM;
	z->ops = &decomp_ops;
	z->source = &u->obj;
	err = inflate_gzip(z);
	/* less the bytes read but not used */
	u->in_offset -= z->in_len - z->in_pos + z->nr_bits / 8;
	obj_put(&z);
	return err;
}

/* zstd and xz count the bytes that they have used; reading ahead does not matter. */
static int unpack_zstd(struct unpack *u)
{
	struct zstd *z = obj_new(zstd);
	int err;

	if (!z)
		return -ENOMEM;
	z->in.ops = &decomp_ops;
	z->in.source = &u->obj;
	err = zstd_unpack(z);
	u->in_offset = u->in_start + decomp_offset(&z->in);
	obj_put(&z);
	return err;
}

static int unpack_xz(struct unpack *u)
{
	struct xz *z = obj_new(xz);
	int err;

	if (!z)
		return -ENOMEM;
	z->in.ops = &decomp_ops;
	z->in.source = &u->obj;
	err = xz_unpack(z);
	u->in_offset = u->in_start + decomp_offset(&z->in);
	obj_put(&z);
	return err;
}

/*
 * The first bytes of each kind of archive, as Linux distinguishes them, and the function that
 * unpacks it. NULL: not supported, only the name is known.
 */
static const struct packing {
	u8 len, magic[6];
	struct lit name;
	int (*unpack)(struct unpack *u);
} packings[] = {
	{ 1, { '0' }, LIT("cpio"), unpack_plain },
	{ 2, { 0x1f, 0x8b }, LIT("gzip"), unpack_gzip },
	{ 4, { 0x28, 0xb5, 0x2f, 0xfd }, LIT("zstd"), unpack_zstd },
	{ 6, { 0xfd, '7', 'z', 'X', 'Z', 0 }, LIT("xz"), unpack_xz },
	{ 3, { 'B', 'Z', 'h' }, LIT("bzip2"), NULL },
	{ 3, { 0x5d, 0, 0 }, LIT("lzma"), NULL },
	{ 4, { 0x02, 0x21, 0x4c, 0x18 }, LIT("lz4"), NULL },
	{ 4, { 0x04, 0x22, 0x4d, 0x18 }, LIT("lz4"), NULL },
	{ 4, { 0x89, 'L', 'Z', 'O' }, LIT("lzo"), NULL },
};

/* Unpacks the archive at the front of the rest of the ramdisk. */
static int unpack_next(struct unpack *u, struct cspan start)
{
	u32 i;
	int err;

	u->state = WANT_HEADER;
	u->offset = 0;
	u->have = 0;
	u->in_start = u->in_offset;
	u->packing = 0;
	for (i = 0; i < ARRAY_LEN(packings); i++) {
		const struct packing *const p = array_at(packings, i);
		if (!cspan_starts(start, cspan_first(cspan_of(p->magic), p->len)))
			continue;
		u->packing = i;
		if (!p->unpack)
			return -ENOEXEC;
		err = p->unpack(u);
		return !err && u->state != DONE ? -EIO : err;
	}
	return -EINVAL;
}

/* Unpacks all archives; ends at the first error. */
static int unpack_all(struct unpack *u)
{
	u8 piece[512];
	struct cspan in;
	int err = 0;

	while (!err && u->in_offset < boot_initrd_size()) {
		size_t n = boot_initrd_read(u->in_offset, span_of(piece)), zeroes = 0;
		if (!n)
			break;
		in = cspan_first(cspan_of(piece), n);
		while (zeroes < n && !span_byte(in, zeroes))
			zeroes++;
		u->in_offset += zeroes;
		if (!zeroes)
			err = unpack_next(u, in);
	}
	return err;
}

/* Logs one line: the kind of the archive, the error, and its offset. */
static void initramfs_report(struct unpack *u, int err)
{
	const struct packing *const p = array_at(packings, u->packing);
	u8 line[240];
	FMT(f, span_of(line));

	if (u->bad_contents && err != -ENOSPC && err != -ENOMEM)
		err = -EINVAL;
	fmt_lit(&f, LIT("initial ramdisk: "));
	if (err == -ENOSPC || err == -ENOMEM)
		fmt_lit(&f, LIT("no memory for all of it"));
	else if (err == -ENOEXEC || err == -EFBIG || err == -EOPNOTSUPP)
		fmt_lit(&f, LIT("refused"));
	else if (err == -EIO)
		fmt_lit(&f, LIT("the archive is cut off"));
	else
		fmt_lit(&f, LIT("damaged"));
	fmt_printf(&f, " at offset %lu", u->in_offset);
	if (u->packing) {
		fmt_lit(&f, LIT(", packed with "));
		fmt_lit(&f, p->name);
	}
	if (u->offset)
		fmt_printf(&f, ", %lu bytes into the cpio archive", u->offset);
	fmt_printf(&f, " (%lu files unpacked)", u->nr_files);
	if (err == -ENOSPC || err == -ENOMEM)
		fmt_lit(&f, LIT(": give the machine more"));
	else if (err == -EFBIG)
		fmt_printf(&f, ": it needs a window of more than %lu MiB", DECOMP_WINDOW_MAX >> 20);
	else if (err == -EOPNOTSUPP)
		fmt_lit(&f,
			LIT(": it needs a dictionary, a filter or a kind of checksum that this kernel does not know"));
	else if (err != -EIO)
		fmt_lit(&f,
			LIT(": it must be a cpio archive (newc), plain or packed with gzip, zstd or xz"));
	log_text(LOG_ERR, fmt_text(&f));
}

/* The memory of the ramdisk is freed in any case. */
int initramfs_unpack(void)
{
	struct unpack *u;
	int err;

	if (!boot_initrd_size()) {
		log_warn("no initial ramdisk: the root directory is empty (QEMU: -initrd FILE)");
		return -ENOENT;
	}
	u = obj_new(unpack);
	if (!u)
		return -ENOMEM;
	err = unpack_all(u);
	if (err)
		initramfs_report(u, err);
	cpio_forget_links();
	obj_put(&u);
	boot_initrd_free();
	return err;
}
