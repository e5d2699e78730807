// SPDX-License-Identifier: MPL-2.0
/* The virtual file system as a whole: start-up, set-up, shutdown. */
#ifndef KERNEL_VFS_H
#define KERNEL_VFS_H

#include <frame/lit.h>
#include <frame/span.h>

struct thread;

/*
 * Mounts the root: @root_type is a registered type, @options as in mount(8). Context: start-up.
 * Returns 0, -ENODEV, -ENOMEM, or the error of the type's mount.
 */
int must_check vfs_init(struct lit root_type, struct cspan options);
/* Unpacks the initrd into the root; logs errors in it. Returns 0 or -errno. */
int must_check initramfs_unpack(void);
/* For set-up: the system calls of these names, with the rights of root. Return 0 or -errno. */
int must_check vfs_mkdir_kernel(struct cspan path, u32 mode);
int must_check vfs_mknod_kernel(struct cspan path, u32 mode, u64 rdev);
/*
 * unlink(2) of @path, from the working directory and with the rights of @t, the calling thread.
 * Returns 0 or -errno. Context: task.
 */
int must_check vfs_unlink(struct thread *t, struct cspan path);
/* Power-off, when all processes are gone: unmounts everything, which releases the caches. */
void vfs_shutdown(void);

#endif
