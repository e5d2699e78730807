// SPDX-License-Identifier: MPL-2.0
/*
 * Attributes of a file and of a file system, and the attributes that can be set. See statx(2),
 * statfs(2).
 */
#ifndef KERNEL_STAT_H
#define KERNEL_STAT_H

#include <frame/types.h>

struct timespec64 {
	s64 sec;
	s64 nsec;
};

struct kstat {
	u64 dev, ino, size, blocks;
	u32 mode, nlink, uid, gid, blksize;
	u64 rdev;
	struct timespec64 atime, mtime, ctime, btime;
	u64 mnt_id;
	u64 attributes, attributes_mask; /* of statx; the mask has those that could be set */
};

struct kstatfs {
	u64 type, bsize, blocks, bfree, bavail, files, ffree, fsid, namelen, frsize, flags;
};

/* The changes that setattr makes; valid says which. */
struct iattr {
	u32 valid; /* ATTR_* */
	u32 mode, uid, gid;
	u64 size;
	struct timespec64 atime, mtime;
};
enum {
	ATTR_MODE = 1,
	ATTR_UID = 2,
	ATTR_GID = 4,
	ATTR_SIZE = 8,
	ATTR_ATIME = 16,
	ATTR_MTIME = 32,
	ATTR_CTIME = 64
};

#endif
