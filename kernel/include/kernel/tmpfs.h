// SPDX-License-Identifier: MPL-2.0
/*
 * tmpfs for the rest of the kernel: the root, shared memory, and the file system under devtmpfs.
 */
#ifndef KERNEL_TMPFS_H
#define KERNEL_TMPFS_H

#include <frame/span.h>

struct dentry;
struct file;
struct fs_type;
struct inode;

extern const struct fs_type tmpfs_type;
/*
 * As mknod and mkdir of a tmpfs, for a node that is the kernel's (S_KERNEL) and root's from the
 * moment it can be seen.
 */
int tmpfs_add_kernel(struct inode *dir, struct dentry *d, u32 mode, u64 rdev);
/* Whether it is a regular file in tmpfs. */
bool inode_is_tmpfs_file(const struct inode *ino);
/* An inode without a name for @len bytes of shared memory. NULL: out of memory. */
struct inode *shmem_inode_new(u64 len);
/* An open file of that name on such an inode. */
int shmem_file_new(struct cspan name, struct inode *ino, u32 flags, struct file **out);

#endif
