// SPDX-License-Identifier: MPL-2.0
/*
 * Seals of memory files: what they forbid. See memfd_create(2), fcntl(2).
 */
#ifndef KERNEL_MEMFD_H
#define KERNEL_MEMFD_H

#include <frame/types.h>

struct file;
struct inode;
struct vma;

/*
 * Whether seals forbid a write of @len at @pos / a change of the size. 0 or -EPERM. inode lock
 * held.
 */
s64 memfd_check_write(struct inode *ino, u64 pos, u64 len);
s64 memfd_check_resize(struct inode *ino, u64 size);
/* The same of another mode (execute permission). */
s64 memfd_check_mode(struct inode *ino, u32 mode);
/* As generic_file_mmap, but the seals forbid writing through shared mappings. */
int memfd_mmap(struct file *f, struct vma *v);
s64 memfd_seals(struct file *f, bool add, u32 seals);

#endif
