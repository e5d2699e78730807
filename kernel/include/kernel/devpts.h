// SPDX-License-Identifier: MPL-2.0
/*
 * devpts: the file system whose files are the slaves of pseudo-terminals
 * (kernel/fs/devpts/devpts.c).
 */
#ifndef KERNEL_DEVPTS_H
#define KERNEL_DEVPTS_H

#include <kernel/file.h>

struct devpts; /* one instance: each mount makes one */

/*
 * The instance that an open of the ptmx node @ptmx belongs to: the one the node is in, or the one
 * mounted on the name pts in the same directory. *@out: a reference, for devpts_put. Returns 0,
 * -ENOENT, -ENODEV. Context: task.
 */
int must_check devpts_of_ptmx(const struct path *ptmx, struct devpts **out);
/*
 * As above, but *@out is the mount through which instance @fs is visible from that node; a
 * reference.
 */
int must_check devpts_mount_of(const struct path *ptmx, struct devpts *fs, struct mount **out);
/* Drops the reference and sets *@fs to NULL. */
void devpts_put(struct devpts **fs);

/* Allocates the lowest free number; -ENOSPC: too many pairs. devpts_number_free releases it. */
int must_check devpts_number_new(struct devpts *fs, u32 *number);
void devpts_number_free(struct devpts *fs, u32 number);
/*
 * Makes the directory entry of slave @tty. *@out: a reference to its dentry. Returns 0 or -errno.
 */
int must_check devpts_add(struct devpts *fs, u32 number, struct obj *tty, struct dentry **out);
/*
 * The master has been closed: removes the name. An inode that is still in use leads to no terminal
 * from then on.
 */
void devpts_remove(struct dentry *entry);
/*
 * The slave terminal behind an inode, a reference. NULL: it is gone, or @ino is not an inode of
 * devpts.
 */
struct obj *devpts_tty(struct inode *ino);

/* /proc/sys/kernel/pty: the most pairs allowed, and the number of pairs now. */
#define DEVPTS_RESERVE 1024u
u32 devpts_max(void);
void devpts_set_max(u32 max);
u32 devpts_count(void);

#endif
