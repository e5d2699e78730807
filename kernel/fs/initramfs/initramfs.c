// SPDX-License-Identifier: MPL-2.0
/*
 * The initial ramdisk: cpio archives (newc), each plain or compressed with gzip, zstd or xz, one
 * after the other with zeroes between them, are unpacked into the root. See the kernel's
 * documentation of the initramfs buffer format. A compressed archive may itself contain several.
 *
 * How it works. unpack_all skips zeroes and finds the kind of the next archive by its first bytes.
 * The unpacker of that kind reads the ramdisk and passes the plain bytes on, in pieces of any size.
 * A state machine (feed_one) collects headers and names, makes the entries through the operations
 * of the file system, and passes the contents of files through.
 *
 * An error ends the unpacking with one line in the log, which names the offset. Files unpacked
 * before stay.
 */
#include <frame/boot.h>
#include <frame/fmt.h>
#include <frame/log.h>
#include <kernel/chrdev.h>
#include <kernel/dentry.h>
#include <kernel/file.h>
#include <kernel/inflate.h>
#include <kernel/inode.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/stat.h>
#include <kernel/tree.h>
#include <kernel/vfs.h>
#include <kernel/xz.h>
#include <kernel/zstd.h>
#include <uapi/fs.h>

#include "../fs.h"

#define HEADER_LEN 110u

/* What the state machine reads next. */
enum unpack_state {
	WANT_HEADER,
	WANT_NAME,
	WANT_DATA,
	SKIP,
	DONE /* after a trailer: zeroes, or the next archive */
};

struct unpack {
	struct obj obj;
	enum unpack_state state;
	enum unpack_state after_skip;
	u64 offset;        /* in the decompressed archive */
	u64 in_offset;     /* in the ramdisk */
	u64 in_start;      /* where the archive begins in the ramdisk */
	u32 packing;       /* its kind: index in packings */
	bool bad_contents; /* it was decompressed without error, but is no cpio archive */
	u64 want;          /* bytes still to skip */
	u32 have;          /* bytes collected */
	u32 mode, uid, gid, nlink, mtime, ino, major, minor, name_len;
	u64 size;
	struct file *file; /* the file that is being written */
	u64 file_pos;
	u64 nr_files;
	u8 head[HEADER_LEN];
	u8 name[PATH_LEN];
	u32 target_len; /* length of the link's target collected so far */
	u8 target[PATH_LEN];
};
static void unpack_release(struct unpack *u)
{
	obj_put(&u->file);
}
OBJ_TYPE(unpack, unpack_release);

/* Hard links: the first name of each inode that has more than one. */
struct cpio_link {
	struct obj obj;
	TREE_NODE(cpio_link) node;
	u32 ino;
	struct path path;
};
static void cpio_link_release(struct cpio_link *l)
{
	path_put(&l->path);
}
OBJ_TYPE(cpio_link, cpio_link_release);
static TREE_ROOT(cpio_link) links; /* references */

static bool link_before(const struct cpio_link *a, const struct cpio_link *b)
{
	return a->ino < b->ino;
}
TREE_DEFINE(link_tree, cpio_link, node, link_before)

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

/* The header of the formats newc (070701) and crc (070702); checksums are not checked. */
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

/* ---- making files, by the operations that system calls use ---- */

/*
 * Finds the directory of the entry, and locks it; *@d is a negative dentry in it, or an existing
 * directory. An existing file of that name is removed, so a later archive replaces the files of an
 * earlier one. Names are relative to the root, with or without "./". Returns 1 if the entry is the
 * root itself, else 0 or -errno. close_slot ends it.
 */
static int open_slot(struct unpack *u, struct path *dir, struct dentry **d)
{
	struct cspan name = cspan_first(cspan_of(u->name), cspan_strlen(cspan_of(u->name)));
	struct last_name last;
	struct inode *ino;
	int err;

	while (cspan_starts(name, STR("./")))
		name = cspan_from(name, 2);
	if (!cspan_len(name) || cspan_equal(name, STR(".")) || cspan_equal(name, STR("/")))
		return 1; /* the root itself */
	err = path_parent(NULL, AT_FDCWD, name, 0, dir, &last);
	if (err)
		return err;
	if (last.kind != LAST_NAME) {
		path_put(dir);
		return -EINVAL;
	}
	ino = dir->dentry->inode;
	rwlock_write_lock(&ino->lock);
	err = dir_lookup(dir->dentry, cspan_sub(name, last.off, last.len), true, d);
	if (!err && (*d)->inode && !(S_IS(u->mode, S_IFDIR) && S_IS((*d)->inode->mode, S_IFDIR))) {
		/* No process exists yet, so the victim's lock is not needed. */
		err = S_IS((*d)->inode->mode, S_IFDIR) ? -EISDIR : ino->ops->unlink(ino, *d);
		obj_put(d);
		if (!err)
			err = dir_lookup(dir->dentry, cspan_sub(name, last.off, last.len), true, d);
	}
	if (err) {
		rwlock_write_unlock(&ino->lock);
		path_put(dir);
	}
	return err;
}

static void close_slot(struct path *dir, struct dentry **d)
{
	rwlock_write_unlock(&dir->dentry->inode->lock);
	obj_put(d);
	path_put(dir);
}

/* Owner, mode and times of the archive. A link has no mode of its own. */
static void set_owner(struct unpack *u, struct inode *ino)
{
	ino->uid = u->uid;
	ino->gid = u->gid;
	ino->mtime = (struct timespec64){ .sec = u->mtime };
	ino->atime = ino->mtime;
	if (!S_IS(ino->mode, S_IFLNK))
		ino->mode = (ino->mode & S_IFMT) | (u->mode & 07777);
}

/* The first name of the inode @ino of the archive. */
static struct cpio_link *find_link(u32 ino)
{
	struct cpio_link *l = links;

	while (l && l->ino != ino)
		l = ino < l->ino ? l->node.left : l->node.right;
	return l;
}

/* Without memory a later name becomes a file of its own. */
static void remember_link(u32 ino, struct path *dir, struct dentry *d)
{
	struct cpio_link *l = obj_new(cpio_link);

	if (!l)
		return;
	l->ino = ino;
	l->path.mnt = obj_get(dir->mnt);
	l->path.dentry = obj_get(d);
	link_tree_insert(&links, l);
}

/* Inode numbers are unique within one archive only. */
static void forget_links(void)
{
	struct cpio_link *l;

	while ((l = links) != NULL) {
		link_tree_remove(&links, l);
		obj_put(&l);
	}
}

/*
 * Makes an entry, except the data of a regular file: a file with data is left open in u->file, and
 * data_piece writes to it. Hard links: the names of one file have the same inode number; the first
 * name makes the file, later ones are linked to it. Usually only the last name comes with data; it
 * is written through that name.
 */
static int make_entry(struct unpack *u)
{
	struct path dir = { 0 };
	struct path at;
	struct dentry *d = NULL;
	struct inode *ino;
	struct cpio_link *link = NULL;
	int err = open_slot(u, &dir, &d);

	if (err == 1) {
		if (S_IS(u->mode, S_IFDIR))
			set_owner(u, root_mount()->root->inode);
		return 0;
	}
	if (err)
		return err;
	ino = dir.dentry->inode;
	if (S_IS(u->mode, S_IFREG) && u->nlink > 1)
		link = find_link(u->ino);
	if (d->inode) {
		err = 0; /* a directory that exists already */
	} else if (link) {
		err = ino->ops->link(ino, d, link->path.dentry->inode);
	} else if (S_IS(u->mode, S_IFDIR)) {
		err = ino->ops->mkdir(ino, d, u->mode & 07777);
	} else if (S_IS(u->mode, S_IFREG)) {
		err = ino->ops->create(ino, d, u->mode & 07777);
		if (!err && u->nlink > 1)
			remember_link(u->ino, &dir, d);
	} else if (S_IS(u->mode, S_IFLNK)) {
		err = 0; /* made when its data, the target, has been read */
	} else {
		err = ino->ops->mknod(ino, d, u->mode, MKDEV(u->major, u->minor));
	}
	if (!err && d->inode) {
		set_owner(u, d->inode);
		u->nr_files++;
		if (S_IS(u->mode, S_IFREG) && u->size) {
			at.mnt = dir.mnt;
			at.dentry = d;
			err = file_open_path(&at, O_WRONLY, NULL, &u->file);
		}
	}
	close_slot(&dir, &d);
	return err;
}

/* A link is made when its whole target has been read, since links cannot be changed. */
static int make_symlink(struct unpack *u, struct cspan target)
{
	struct path dir = { 0 };
	struct dentry *d = NULL;
	int err = open_slot(u, &dir, &d);

	if (err)
		return err == 1 ? 0 : err;
	err = dir.dentry->inode->ops->symlink(dir.dentry->inode, d, target);
	if (!err) {
		set_owner(u, d->inode);
		u->nr_files++;
	}
	close_slot(&dir, &d);
	return err;
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
	struct cspan name = cspan_first(cspan_of(u->name), cspan_strlen(cspan_of(u->name)));

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
		forget_links();
		return 0;
	}
	err = make_entry(u);
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
		int err = make_symlink(u, cspan_first(cspan_of(u->target), u->target_len));
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
		if (u->have == HEADER_LEN) {
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
 * Takes archives from the front of @in while there are any. Returns how many bytes, or an error.
 * Stops at a byte after a trailer that begins neither padding nor a plain archive.
 */
static ssize_t feed_some(struct unpack *u, struct cspan in)
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

/* The output of a decompressor. All of it must be archives: other bytes are an error. */
static int feed(struct obj *o, struct cspan in)
{
	struct unpack *u = obj_cast(unpack, o);
	ssize_t n = feed_some(u, in);

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
		ssize_t used = feed_some(u, cspan_first(buf_cspan(b), n));
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
static void report(struct unpack *u, int err)
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
		report(u, err);
	forget_links();
	obj_put(&u);
	boot_initrd_free();
	return err;
}

/* ---- for the kernel's own use ---- */

/* Makes a directory or a device node at @path, with the rights of the kernel. */
static int make_kernel(struct cspan path, u32 mode, u64 rdev)
{
	struct path dir;
	struct last_name last;
	struct dentry *d = NULL;
	struct inode *ino;
	int err = path_parent(NULL, AT_FDCWD, path, 0, &dir, &last);

	if (err)
		return err;
	ino = dir.dentry->inode;
	rwlock_write_lock(&ino->lock);
	err = dir_lookup(dir.dentry, cspan_sub(path, last.off, last.len), true, &d);
	if (!err && d->inode)
		err = -EEXIST;
	if (!err)
		err = S_IS(mode, S_IFDIR) ? ino->ops->mkdir(ino, d, mode & 07777)
					  : ino->ops->mknod(ino, d, mode, rdev);
	rwlock_write_unlock(&ino->lock);
	obj_put(&d);
	path_put(&dir);
	return err;
}

int vfs_mkdir_kernel(struct cspan path, u32 mode)
{
	return make_kernel(path, S_IFDIR | mode, 0);
}

int vfs_mknod_kernel(struct cspan path, u32 mode, u64 rdev)
{
	return make_kernel(path, mode, rdev);
}
