// SPDX-License-Identifier: MPL-2.0
/* An instance of tmpfs, for tmpfs.c and options.c. */
#ifndef FS_TMPFS_INSTANCE_H
#define FS_TMPFS_INSTANCE_H

#include <frame/atomic.h>
#include <frame/fmt.h>
#include <kernel/super.h>

struct buf;
struct dentry;
struct inode;

#define INODE_SPACE 1024u

struct tmpfs {
	struct obj obj;
	u64 max_pages, max_inodes; /* 0: no limit */
	struct atomic pages, inodes;
	struct atomic xattr_bytes; /* counted against max_inodes, INODE_SPACE bytes each */
	u32 mode, uid, gid;
};
OBJ_TYPE_DECL(tmpfs);

/* The private part of an inode: a link's text, and its share of the counters. */
struct tmpfs_inode {
	struct obj obj;
	struct tmpfs *fs; /* reference */
	struct buf *target;
	u32 target_len;
	u32 target_pages; /* pages it is counted for */
	u64 promised;     /* pages of shared memory that were promised at once */
};
OBJ_TYPE_DECL(tmpfs_inode);

static inline struct tmpfs *tmpfs_of(struct super *sb)
{
	return obj_cast(tmpfs, sb->private);
}

/* ---- tmpfs.c ---- */
/*
 * A complete inode without a name, of the calling thread's user; counted. @dir: gives its group to
 * the inode if it has set-group-ID. NULL: no memory, or the limit is reached.
 */
struct inode *tmpfs_inode_new(struct super *sb, struct inode *dir, u32 mode, u64 rdev);

/* ---- account.c ---- */
/*
 * Operations of the mapping: count @n pages about to be made, or that are gone. 0, or -ENOSPC: the
 * mount is full, or the machine does not promise as much.
 */
int must_check tmpfs_reserve(struct inode *ino, u64 n);
void tmpfs_unreserve(struct inode *ino, u64 n);

/* ---- whiteout.c ---- */
/* What RENAME_WHITEOUT leaves at the old name: a character device of the number 0. */
struct whiteout {
	struct dentry *name; /* references; NULL: none */
	struct inode *inode;
};
/* Makes inode and dentry, both without a name, for the name of @old in @dir. 0, -ENOSPC, -ENOMEM. */
int must_check whiteout_new(struct inode *dir, struct dentry *old, struct whiteout *const w);
void whiteout_put(struct whiteout *const w);

/* ---- options.c ---- */
/* Stores the options in the fields of @fs. Empty ones, as of ",,", are skipped. 0, -EINVAL. */
int must_check tmpfs_parse_options(struct tmpfs *fs, struct cspan data);
/* Operations of the super. */
void tmpfs_show(struct super *sb, struct fmt *f);
int must_check tmpfs_remount(struct super *sb, u32 flags, struct cspan data);

#endif
