// SPDX-License-Identifier: MPL-2.0
/* struct stat of riscv64 (the generic 64-bit layout of Linux). */
#ifndef ABI_STAT_H
#define ABI_STAT_H

#include <frame/types.h>

struct abi_stat {
	u64 dev, ino;
	u32 mode, nlink, uid, gid;
	u64 rdev, pad1;
	s64 size;
	s32 blksize, pad2;
	s64 blocks;
	s64 atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
	u32 unused[2];
};
/* Zeroes of an initialiser, which names all fields: one that does not has the struct cleared first. */
#define ABI_STAT_ZEROES .pad1 = 0, .pad2 = 0, .unused = { 0, 0 }

#endif
