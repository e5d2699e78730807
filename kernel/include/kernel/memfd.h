// SPDX-License-Identifier: MPL-2.0
/* Seals of memory files and the checks for them. See memfd_create(2), fcntl(2). */
#ifndef KERNEL_MEMFD_H
#define KERNEL_MEMFD_H

#include <frame/types.h>

struct file;
struct inode;
struct vma;

/*
 * Whether the seals allow a write of @len bytes at @pos, or a change of the size. Returns 0 or
 * -EPERM. inode.lock held.
 */
int must_check memfd_check_write(struct inode *ino, u64 pos, u64 len);
int must_check memfd_check_resize(struct inode *ino, u64 size);
/* The same for a change of mode (F_SEAL_EXEC: the execute bits). */
int must_check memfd_check_mode(struct inode *ino, u32 mode);
/* As generic_file_mmap; the seals may forbid shared mappings that can be written (-EPERM). */
int must_check memfd_mmap(struct file *f, struct vma *v);
/*
 * F_ADD_SEALS if @add, else F_GET_SEALS. Returns the seals or 0, -EINVAL (no such file), -EPERM,
 * -EBUSY.
 */
s64 must_check memfd_seals(struct file *f, bool add, u32 seals);

#endif
