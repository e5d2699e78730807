// SPDX-License-Identifier: MPL-2.0
/*
 * cpio archives (newc): a state machine over a stream of bytes.
 *
 * The bytes come in pieces of any size. The machine collects a header, then a name, then passes the
 * contents through to the file that entry.c has opened, and skips the padding behind each of them.
 * The entry TRAILER!!! ends an archive; zeroes or another archive may follow. An entry that cannot
 * be made is logged and skipped. Only damage and a lack of memory end the unpacking.
 */
#include <frame/fmt.h>
#include <frame/log.h>
#include <kernel/stat.h>
#include <kernel/text.h>
#include <uapi/fs.h>

#include "../fs.h"
#include "cpio.h"

/* Reads the number at field @index of the header: 8 hexadecimal digits. */
static bool hex_field(const struct unpack *u, u32 index, u32 *out)
{
	u64 v;
	struct cspan text = cspan_sub(cspan_of(u->head), 6 + index * 8, 8);

	if (parse_u64(text, 16, &v) != 8)
		return false;
	*out = (u32)v;
	return true;
}

/*
 * The header of the formats newc (070701) and crc (070702); checksums are not checked. Its 13
 * fields have 8 digits each; those of the device that the file was on are not needed.
 */
static int parse_header(struct unpack *u)
{
	u32 size = 0, name_len = 0, rmajor = 0, rminor = 0;

	if (!cspan_starts(cspan_of(u->head), STR("070701")) &&
		!cspan_starts(cspan_of(u->head), STR("070702")))
		return -EINVAL;
	if (!hex_field(u, 0, &u->ino) || !hex_field(u, 1, &u->mode) || !hex_field(u, 2, &u->uid) ||
		!hex_field(u, 3, &u->gid) || !hex_field(u, 4, &u->nlink) ||
		!hex_field(u, 5, &u->mtime) || !hex_field(u, 6, &size) ||
		!hex_field(u, 9, &rmajor) || !hex_field(u, 10, &rminor) ||
		!hex_field(u, 11, &name_len))
		return -EINVAL;
	if (name_len < 1 || name_len > PATH_LEN)
		return -EINVAL;
	u->size = size;
	u->major = rmajor;
	u->minor = rminor;
	u->name_len = name_len;
	return 0;
}

/* ---- the state machine ---- */

/* Skips the padding to the next multiple of 4, then goes to state @then. */
static void skip_to_4(struct unpack *u, enum unpack_state then)
{
	u64 pad = -u->offset & 3;

	u->want = pad;
	u->state = pad ? SKIP : then;
	u->after_skip = then;
	u->have = 0;
}

/* One line for each entry that cannot be made; the unpacking continues. */
static void complain(struct unpack *u, int err)
{
	struct cspan name = text_in(u->name);

	log_warn("initial ramdisk: error %d making", -err);
	log_text(LOG_WARNING, name);
}

/*
 * The name is complete. The trailer ends an archive; any other entry is made, and its data follows
 * after the padding. An entry that cannot be made is logged and skipped; only a lack of memory ends
 * the unpacking.
 */
static int name_complete(struct unpack *u)
{
	int err;

	if (u->name[u->name_len - 1])
		return -EINVAL;
	if (cspan_equal(cspan_first(cspan_of(u->name), u->name_len - 1), STR("TRAILER!!!"))) {
		u->state = DONE;
		cpio_forget_links();
		return 0;
	}
	err = cpio_make_entry(u);
	if (err == -ENOSPC || err == -ENOMEM)
		return err;
	if (err)
		complain(u, err);
	skip_to_4(u, u->size ? WANT_DATA : WANT_HEADER);
	u->file_pos = 0;
	if (S_IS(u->mode, S_IFLNK) && u->size > PATH_LEN - 1)
		return -EINVAL;
	return 0;
}

/* Takes a piece of the contents: writes it to the file, or collects it as a link's target. */
static int data_piece(struct unpack *u, struct cspan piece)
{
	ssize_t n;

	if (S_IS(u->mode, S_IFLNK)) {
		if (u->target_len + cspan_len(piece) > PATH_LEN)
			return -EINVAL;
		u->target_len += (u32)span_copy(span_from(span_of(u->target), u->target_len),
			piece);
	} else if (u->file) {
		n = file_write_kernel(u->file, u->file_pos, piece);
		if (n != (ssize_t)cspan_len(piece))
			return n < 0 ? (int)n : -ENOSPC;
	}
	u->file_pos += cspan_len(piece);
	if (u->file_pos < u->size)
		return 0;
	obj_put(&u->file);
	if (S_IS(u->mode, S_IFLNK)) {
		int err = cpio_make_symlink(u, cspan_first(cspan_of(u->target), u->target_len));
		u->target_len = 0;
		if (err)
			complain(u, err);
	}
	skip_to_4(u, WANT_HEADER);
	return 0;
}

/* Takes bytes from the front of @in, as the state requires. Returns how many, or an error. */
static ssize_t feed_one(struct unpack *u, struct cspan in)
{
	size_t n;
	int err = 0;

	switch (u->state) {
	case WANT_HEADER:
		n = span_copy(span_from(span_of(u->head), u->have), in);
		u->have += (u32)n;
		u->offset += n;
		if (u->have == CPIO_HEADER_LEN) {
			err = parse_header(u);
			u->have = 0;
			u->state = WANT_NAME;
		}
		break;
	case WANT_NAME:
		n = span_copy(span_first(span_from(span_of(u->name), u->have),
				      u->name_len - u->have),
			in);
		u->have += (u32)n;
		u->offset += n;
		if (u->have == u->name_len)
			err = name_complete(u);
		break;
	case WANT_DATA:
		n = min(cspan_len(in), u->size - u->file_pos);
		u->offset += n;
		err = data_piece(u, cspan_first(in, n));
		break;
	case SKIP:
		n = min(cspan_len(in), u->want);
		u->offset += n;
		u->want -= n;
		if (!u->want)
			u->state = u->after_skip;
		break;
	default:
		for (n = 0; n < cspan_len(in) && !span_byte(in, n); n++)
			;
		u->offset += n;
		break;
	}
	return err ? err : (ssize_t)n;
}

/*
 * Takes bytes until the machine has all of them, or until something follows an archive that is not
 * one: the caller finds out what that is.
 */
ssize_t cpio_feed(struct unpack *u, struct cspan in)
{
	size_t done = 0;

	while (done < cspan_len(in)) {
		ssize_t n = feed_one(u, cspan_from(in, done));
		if (n < 0)
			return n;
		done += (size_t)n;
		if (u->state != DONE || done == cspan_len(in) || !span_byte(in, done))
			continue;
		if (span_byte(in, done) != '0')
			break;
		u->state = WANT_HEADER;
		u->have = 0;
		u->offset = 0;
	}
	return (ssize_t)done;
}
