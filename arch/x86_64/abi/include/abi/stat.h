// SPDX-License-Identifier: MPL-2.0
/* struct stat of x86_64. */
#ifndef ABI_STAT_H
#define ABI_STAT_H

#include <frame/types.h>

struct abi_stat {
	u64 dev, ino, nlink;
	u32 mode, uid, gid, pad;
	u64 rdev;
	s64 size, blksize, blocks;
	s64 atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
	s64 unused[3];
};
/* Zeroes of an initialiser, which names all fields: one that does not has the struct cleared first. */
#define ABI_STAT_ZEROES .pad = 0, .unused = { 0, 0, 0 }
static_assert(sizeof(struct abi_stat) == 144, "the ABI says so");

#endif
