// SPDX-License-Identifier: MPL-2.0
/* Mounts: the tree of file systems; and paths, which are positions in it. */
#ifndef KERNEL_MOUNT_H
#define KERNEL_MOUNT_H

#include <frame/atomic.h>
#include <frame/buf.h>
#include <frame/obj.h>
#include <kernel/dentry.h>
#include <kernel/list.h>
#include <kernel/tree.h>

struct fs_type;
struct super;

/*
 * A path holds a reference on its mount and one on its dentry. So an unmounted mount (MNT_DETACH),
 * and its super with it, lives until the last open file and working directory in it is gone.
 * parent, point and the table of mounts change under mount_lock and mount_list_lock together
 * (mount.c); holding either is enough to read them. sb and root never change. flags: remount writes
 * them by one store; they may be read at any time.
 */
struct mount {
	struct obj obj;
	struct super *sb;     /* reference, and counted in its nr_mounts */
	struct dentry *root;  /* reference */
	struct mount *parent; /* reference; NULL: the root of the tree, or detached */
	struct dentry *point; /* reference: the mount point in the parent */
	u32 flags;            /* MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOATIME ... */
	s32 id;
	/*
	 * regular files open for writing, and changes in progress: while there are any, it cannot
	 * become read-only
	 */
	struct atomic writers;
	u32 nr_children; /* mounts on it; mount_list_lock */
	u64 entered;     /* how often a walk has crossed into it; mount_list_lock */
	bool doomed;     /* its tree is being detached; mount_lock */
	bool unbindable; /* MS_UNBINDABLE: bind mounts of it are refused; mount_lock */
	/* MS_BIND | MS_REC in progress: what stands for it in the copy, borrowed; mount_lock */
	struct mount *copy;
	/*
	 * MNT_EXPIRE: the value of entered when it was marked, plus 1; 0: not marked;
	 * mount_list_lock.
	 */
	u64 expires;
	u32 bucket; /* number of its bucket in the table, while attached */
	LIST_LINK(mount) hash_link;
	LIST_LINK(mount) link; /* all attached mounts, oldest first */
	LIST_LINK(mount) of_super;
	TREE_NODE(mount) by_id; /* while it is in the list */
	struct buf *source;     /* device name for /proc/mounts */
};
OBJ_TYPE_DECL(mount);

/*
 * A position in the tree. Fields are references by convention: path_get takes both, path_put drops
 * both. A path of NULLs is allowed.
 */
struct path {
	struct mount *mnt;
	struct dentry *dentry;
};
static inline void path_get(struct path *p)
{
	if (p->mnt)
		(void)obj_get(p->mnt);
	if (p->dentry)
		(void)obj_get(p->dentry);
}
static inline void path_put(struct path *p)
{
	obj_put(&p->dentry);
	obj_put(&p->mnt);
}

/*
 * Updates the access time of the inode at @p, which was read, as the flags of the mount demand:
 * MS_NOATIME, MS_NODIRATIME, MS_RELATIME. Context: task.
 */
void path_accessed(const struct path *p);
/*
 * Makes a mount of a file system of @type, attached nowhere. @source: the device's name for
 * /proc/mounts; @data: the options text; @flags: MS_*. *@out: a reference. Returns 0 or -errno.
 * Context: task.
 */
int must_check mount_new(const struct fs_type *type, struct cspan source, struct cspan data,
	u32 flags, struct mount **out);
/*
 * Drops a reference on a mount that is attached nowhere; if it was the last one of the file system,
 * returns when that has been taken apart. Context: task, no locks held.
 */
void mount_put_wait(struct mount **m);
/*
 * What MS_REMOUNT does: @flags are those of mount(2), with MS_BIND they are of the mount alone.
 * Returns 0, -EBUSY (to read-only, but somebody writes, or a deleted file exists), or the error of
 * the file system; then nothing has changed. Context: task, no locks held.
 */
int must_check mount_set_flags(struct mount *m, u32 flags, struct cspan options);
/* While a mount is on *@p, moves *@p down to the root of that mount. */
void path_follow_mounts(struct path *p);
/* The root of the mount tree, borrowed. */
struct mount *root_mount(void);
/* The attached mount with the lowest id from @id on, a reference; NULL: none. */
struct mount *mount_from_id(s32 id);
/*
 * Counts the changes of the tree and of mounts' flags; each notifies those that wait by
 * mount_poll_wait.
 */
u64 mount_nr_changes(void);
struct poll_table;
void mount_poll_wait(struct poll_table *pt);
/* Whether the mount or its super is read-only. Context: any. */
bool mount_is_readonly(const struct mount *m);
/* Whether nothing at @p may be executed: MS_NOEXEC, or a file system without programs. */
bool path_is_noexec(const struct path *p);
/*
 * Around a change of the file system by a path in @m: while it is made, the mount cannot become
 * read-only. mount_begin_write returns 0, or -EROFS: it is. Context: task; takes no lock.
 */
int must_check mount_begin_write(struct mount *m);
void mount_end_write(struct mount *m);
/* The id of the mount that @m is on, or its own id if it is on none. */
s32 mount_parent_id(struct mount *m);

#endif
