// SPDX-License-Identifier: MPL-2.0
/*
 * The virtual file system as a whole: its start and its end.
 */
#ifndef KERNEL_VFS_H
#define KERNEL_VFS_H

#include <frame/lit.h>
#include <frame/span.h>

/*
 * Mounts the root, of a type that is registered; @options as in mount(8). Context: the start.
 * -ENODEV, -ENOMEM.
 */
int vfs_init(struct lit root_type, struct cspan options);
/* Unpacks the initrd into the root; logs what is wrong with it. */
int initramfs_unpack(void);
/* For set-up: as the calls of these names, as root. */
int vfs_mkdir_kernel(struct cspan path, u32 mode);
int vfs_mknod_kernel(struct cspan path, u32 mode, u64 rdev);
int vfs_mount_kernel(struct lit fstype, struct cspan path);
/* Power-off: everything unmounted, caches dropped. */
void vfs_shutdown(void);

#endif
