// SPDX-License-Identifier: MPL-2.0
/*
 * File events for inotify(7) (kernel/fs/notify.c).
 *
 * The file system layer calls these functions after an operation has succeeded. While there are no
 * watches, a call costs one load. They do not sleep. Context: task.
 */
#ifndef KERNEL_NOTIFY_H
#define KERNEL_NOTIFY_H

#include <kernel/file.h>
#include <kernel/inode.h>
#include <uapi/fs.h>

enum notify_events {
	IN_ACCESS = 1,
	IN_MODIFY = 2,
	IN_ATTRIB = 4,
	IN_CLOSE_WRITE = 8,
	IN_CLOSE_NOWRITE = 0x10,
	IN_OPEN = 0x20,
	IN_MOVED_FROM = 0x40,
	IN_MOVED_TO = 0x80,
	IN_CREATE = 0x100,
	IN_DELETE = 0x200,
	IN_DELETE_SELF = 0x400,
	IN_MOVE_SELF = 0x800,
	IN_UNMOUNT = 0x2000,
	IN_Q_OVERFLOW = 0x4000,
	IN_IGNORED = 0x8000,
	IN_ISDIR = 0x40000000,
};

/* The list of watches of an inode; inode.marks refers to it. */
OBJ_TYPE_DECL(inotify_marks);

extern u32 notify_watchers; /* number of watches; read without a lock */

/* The slow paths of the inline functions below, which say what they do. */
void notify_dentry_event(struct dentry *d, u32 event, bool by_file);
void notify_inode_event(struct inode *ino, u32 event);
void notify_name_event(struct inode *dir, struct cspan name, u32 event);
void notify_move_event(struct inode *from_dir, struct cspan from, struct inode *to_dir,
	struct cspan to, bool is_dir);

/* Whether there are any watches. */
static inline bool notify_wanted(void)
{
	return unlikely(load_once(notify_watchers));
}
/*
 * Reports an operation through an open file: to the watches of the file and to those of the
 * directory that its name is in.
 */
static inline void notify_file(struct file *f, u32 event)
{
	if (notify_wanted())
		notify_dentry_event(f->path.dentry, event, true);
}
/* As notify_file, for an operation by path. */
static inline void notify_dentry(struct dentry *d, u32 event)
{
	if (notify_wanted())
		notify_dentry_event(d, event, false);
}
/* Reports to the watches of the inode only. */
static inline void notify_inode(struct inode *ino, u32 event)
{
	if (notify_wanted())
		notify_inode_event(ino, event);
}
/* Reports that a name in a directory was made or removed. @event includes IN_ISDIR. */
static inline void notify_name(struct inode *dir, struct cspan name, u32 event)
{
	if (notify_wanted())
		notify_name_event(dir, name, event);
}
/* IN_ISDIR if @ino is a directory, else 0. */
static inline u32 notify_isdir(const struct inode *ino)
{
	return S_IS(ino->mode, S_IFDIR) ? IN_ISDIR : 0;
}
/*
 * The inode is being released: sends IN_DELETE_SELF or, if it still has names, IN_UNMOUNT; then
 * removes its watches.
 */
void notify_inode_gone(struct inode *ino);
/*
 * The inode has no names. If it has no references either but @others, which the caller knows, and
 * those of watches: sends IN_DELETE_SELF and removes the watches, which would keep it. Another
 * reference that is being dropped at the same moment may be counted: so whoever finds the inode in
 * use calls this again later.
 */
void notify_inode_deleted(struct inode *ino, u32 others);
/*
 * The super ends: sends IN_UNMOUNT to all watches on its inodes and removes them. No mount of it is
 * left. Context: task, no spinlocks held.
 */
void notify_super_gone(struct super *sb);

#endif
