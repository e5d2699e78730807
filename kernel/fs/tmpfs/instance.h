// SPDX-License-Identifier: MPL-2.0
/* An instance of tmpfs, for tmpfs.c and options.c. */
#ifndef FS_TMPFS_INSTANCE_H
#define FS_TMPFS_INSTANCE_H

#include <frame/atomic.h>
#include <frame/fmt.h>
#include <kernel/super.h>

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
