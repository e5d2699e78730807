// SPDX-License-Identifier: MPL-2.0
/*
 * inotify: the part inside kernel/fs. See inotify(7).
 *
 * A mark joins an instance and an inode. A mark does not hold an inode whose names are pinned
 * (tmpfs): when the inode is released, notify_inode_gone removes the mark. Inodes that would
 * otherwise disappear from the cache (procfs, file systems on a disk) are held by their marks.
 *
 * A mark holds neither a name nor a mount, so it must not outlive them. When the last user of a
 * file without names drops its dentry, notify_inode_deleted removes the marks, so that the blocks
 * of a deleted file can be freed. When the super ends, notify_super_gone removes all marks on its
 * inodes, so that these can be evicted. In both cases no new mark appears afterwards, because
 * notify_add_mark is called with a path, which holds a dentry and a mount.
 *
 * Locking: notify_lock guards all marks and the lists they are on. inotify.lock, taken inside it,
 * guards the queue. Both are spinlocks, so references are dropped after both are released.
 */
#ifndef KERNEL_FS_INOTIFY_H
#define KERNEL_FS_INOTIFY_H

#include <kernel/notify.h>
#include <kernel/tree.h>

#define IN_ALL_EVENTS  0xfffu
#define IN_ONLYDIR     0x01000000u
#define IN_DONT_FOLLOW 0x02000000u
#define IN_EXCL_UNLINK 0x04000000u
#define IN_MASK_CREATE 0x10000000u
#define IN_MASK_ADD    0x20000000u
#define IN_ONESHOT     0x80000000u
#define IN_RENAMED     0x10000000u /* of events, for dnotify only: renamed within one directory */

#define EVENT_NAME_INLINE 32u

struct dnotify;

/* The marks of one inode; published once and kept until the inode is released. */
struct inotify_marks {
	struct obj obj;
	LIST_HEAD(inotify_mark) list;
	LIST_HEAD(dnotify) dnotify;          /* references; see dnotify.c */
	LIST_LINK(inotify_marks) super_link; /* super.marked; not any more once the super ends */
	u32 isdir;                           /* IN_ISDIR or 0 */
};

struct inotify_mark {
	struct obj obj;
	/* borrowed: the instance removes its marks before it is released */
	struct inotify *owner;
	struct inotify_marks *on; /* reference; NULL once removed */
	struct inode *inode;      /* reference, or NULL: see above */
	s32 wd;
	u32 mask;
	u64 ino, dev;                 /* for fdinfo */
	LIST_LINK(inotify_mark) link; /* on->list */
	TREE_NODE(inotify_mark) node; /* owner->marks by wd */
	struct inotify_mark *gone;    /* chain of removed marks to release */
};
OBJ_TYPE_DECL(inotify_mark);

/* One queued event. Short names are stored inline. */
struct inotify_event_rec {
	struct obj obj;
	s32 wd;
	u32 mask, cookie;
	u32 name_len;
	u8 name[EVENT_NAME_INLINE];
	struct buf *long_name;
	LIST_LINK(inotify_event_rec) link;
};

struct inotify {
	struct obj obj;
	u32 uid;
	u32 max_events;                /* fs.inotify.max_queued_events when it was made */
	TREE_ROOT(inotify_mark) marks; /* references; notify_lock */
	s32 last_wd;

	struct spinlock lock;                /* guards to the end of the struct */
	LIST_HEAD(inotify_event_rec) events; /* references */
	u32 nr_events;
	bool overflow; /* the queue ends with IN_Q_OVERFLOW */
	struct waitq wait;
	struct poll_source *poll;
};
OBJ_TYPE_DECL(inotify);

/* ---- dnotify.c ---- */
/* An event for the watches of a directory. Context: task, no locks but inode.lock. */
void dnotify_event(struct inotify_marks *marks, u32 event);

/* ---- notify.c ---- */
/*
 * The list of marks of the inode, made at the first use; NULL: no memory. Two tasks may make one at
 * the same time; the first one stays.
 */
struct inotify_marks *notify_marks_of(struct inode *ino);
/* Counts watches that are no marks in notify_watchers. */
void notify_count_watcher(s32 change);
/* Adds or changes the watch of @in on the inode at *@p. Returns its descriptor or -errno. */
s64 must_check notify_add_mark(struct inotify *in, const struct path *p, u32 mask);
/* Removes one watch, with an IN_IGNORED event (0, -EINVAL), or all of them without events. */
int must_check notify_remove_mark(struct inotify *in, s32 wd);
void notify_remove_all(struct inotify *in);
/*
 * For fdinfo: describes the mark with the smallest descriptor >= *@wd and advances *@wd. False:
 * none.
 */
bool notify_show_next(struct inotify *in, s32 *wd, struct fmt *out);

/* ---- inotify.c ---- */
/*
 * Queues an event and wakes a reader. If there is no room or memory, the queue ends with
 * IN_Q_OVERFLOW. Context: task, notify_lock held.
 */
void inotify_queue(struct inotify *in, s32 wd, u32 mask, u32 cookie, struct cspan name);

#endif
