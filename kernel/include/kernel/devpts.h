// SPDX-License-Identifier: MPL-2.0
/*
 * devpts: the file system whose files are the slaves of pseudo terminals
 * (kernel/fs/devpts/devpts.c).
 */
#ifndef KERNEL_DEVPTS_H
#define KERNEL_DEVPTS_H

#include <kernel/file.h>

struct devpts; /* one instance: each mount makes one */

/*
 * The instance that an open of a ptmx node belongs to: its own, or the one mounted on pts beside
 * it. A reference; -ENOENT, -ENODEV.
 */
int devpts_of_ptmx(const struct path *ptmx, struct devpts **out);
/* As above, the mount through which instance @fs is seen from there; a reference. */
int devpts_mount_of(const struct path *ptmx, struct devpts *fs, struct mount **out);
void devpts_put(struct devpts **fs);

/* Takes the lowest free number, gives it back. -ENOSPC. */
int devpts_number_new(struct devpts *fs, u32 *number);
void devpts_number_free(struct devpts *fs, u32 number);
/* Makes the entry of slave @tty; *out a reference. */
int devpts_add(struct devpts *fs, u32 number, struct obj *tty, struct dentry **out);
/* The master is gone: so is the name, and an inode that is still in use leads nowhere. */
void devpts_remove(struct dentry *entry);
/* The slave behind an inode, a reference; NULL: none, or not one of devpts. */
struct obj *devpts_tty(struct inode *ino);

/* /proc/sys/kernel/pty: pairs at most and now. */
#define DEVPTS_RESERVE 1024u
u32 devpts_max(void);
void devpts_set_max(u32 max);
u32 devpts_count(void);

#endif
