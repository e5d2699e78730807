// SPDX-License-Identifier: MPL-2.0
/*
 * tmpfs for the rest of the kernel: the root, shared memory, and the file system under devtmpfs.
 */
#ifndef KERNEL_TMPFS_H
#define KERNEL_TMPFS_H

#include <frame/span.h>

#define TMPFS_MAGIC 0x01021994u /* of statfs(2) */

struct dentry;
struct file;
struct fs_type;
struct inode;

extern const struct fs_type tmpfs_type;
/*
 * The mknod and mkdir of tmpfs for nodes of the kernel: the node has S_KERNEL and belongs to root
 * from the moment it is visible. @dir's lock held for writing. Returns 0 or -errno.
 */
int must_check tmpfs_add_kernel(struct inode *dir, struct dentry *d, u32 mode, u64 rdev);
/* Whether the inode is a regular file of a tmpfs. */
bool inode_is_tmpfs_file(const struct inode *ino);
/* An inode without a name for @len bytes of shared memory; one reference. NULL: no memory. */
struct inode *shmem_inode_new(u64 len);
/*
 * Counts all @len bytes of a new such inode, which nobody else has yet, as promised memory
 * (kernel/vm/commit.c): its pages are not counted again when they are made, so that account refuses
 * none of them. False: it refuses them all now. Without this call each page counts when it is made.
 */
bool shmem_promise(struct inode *ino, u64 len);
/*
 * An open file called @name on such an inode. @flags: O_*. *@out: a reference. Returns 0 or -errno.
 */
int must_check shmem_file_new(struct cspan name, struct inode *ino, u32 flags, struct file **out);

#endif
