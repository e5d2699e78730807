// SPDX-License-Identifier: MPL-2.0
/*
 * The state of unpacking, for the files of this folder. initramfs.c finds and decompresses the
 * archives of the ramdisk, cpio.c takes a stream of archives apart, entry.c makes the files. One
 * task unpacks, before there are processes, so nothing here has a lock.
 */
#ifndef FS_INITRAMFS_CPIO_H
#define FS_INITRAMFS_CPIO_H

#include <kernel/file.h>
#include <kernel/namei.h>

#define CPIO_HEADER_LEN 110u

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
	u8 head[CPIO_HEADER_LEN];
	u8 name[PATH_LEN];
	u32 target_len; /* length of the link's target collected so far */
	u8 target[PATH_LEN];
};
OBJ_TYPE_DECL(unpack);

/* ---- cpio.c ---- */
/*
 * Takes archives from the front of @in while there are any. Returns how many bytes, or an error.
 * Stops at a byte after a trailer that begins neither padding nor a plain archive.
 */
ssize_t must_check cpio_feed(struct unpack *u, struct cspan in);

/* ---- entry.c ---- */
/*
 * Makes the entry whose header and name have been read, except the data of a regular file, which
 * is left open in u->file, and except a symbolic link. Returns 0 or -errno.
 */
int must_check cpio_make_entry(struct unpack *u);
/* Makes the symbolic link, once its whole @target has been read. Returns 0 or -errno. */
int must_check cpio_make_symlink(struct unpack *u, struct cspan target);
/* Ends an archive: inode numbers are unique within one only. */
void cpio_forget_links(void);

#endif
