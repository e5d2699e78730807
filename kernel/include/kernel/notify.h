// SPDX-License-Identifier: MPL-2.0
/*
 * What happens to files, told to those who watch them (kernel/fs/notify.c): inotify(7).
 *
 * The file system layer calls these after the fact; while nobody watches anything they cost a load.
 * They do not sleep. Context: task.
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

/* The watches of an inode: inode.marks, a reference. */
OBJ_TYPE_DECL(inotify_marks);

extern u32 notify_watchers; /* marks that exist */

void notify_dentry_event(struct dentry *d, u32 event, bool by_file);
void notify_inode_event(struct inode *ino, u32 event);
void notify_name_event(struct inode *dir, struct cspan name, u32 event);
void notify_move_event(struct inode *from_dir, struct cspan from, struct inode *to_dir,
	struct cspan to, bool is_dir);

static inline bool notify_wanted(void)
{
	return unlikely(load_once(notify_watchers));
}
/*
 * Something was done through an open file: told to its own watchers and to those of the directory
 * its name is in.
 */
static inline void notify_file(struct file *f, u32 event)
{
	if (notify_wanted())
		notify_dentry_event(f->path.dentry, event, true);
}
/* The same by a path. */
static inline void notify_dentry(struct dentry *d, u32 event)
{
	if (notify_wanted())
		notify_dentry_event(d, event, false);
}
/* To the watchers of the inode only. */
static inline void notify_inode(struct inode *ino, u32 event)
{
	if (notify_wanted())
		notify_inode_event(ino, event);
}
/* A name in a directory came or went; @event includes IN_ISDIR. */
static inline void notify_name(struct inode *dir, struct cspan name, u32 event)
{
	if (notify_wanted())
		notify_name_event(dir, name, event);
}
static inline u32 notify_isdir(const struct inode *ino)
{
	return S_IS(ino->mode, S_IFDIR) ? IN_ISDIR : 0;
}
/* The inode goes: IN_DELETE_SELF or, if it still has names, IN_UNMOUNT; then its watches end. */
void notify_inode_gone(struct inode *ino);

#endif
