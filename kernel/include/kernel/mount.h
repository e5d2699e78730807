// SPDX-License-Identifier: MPL-2.0
/*
 * Mounts: where file systems hang in the tree; and paths, which are places in it.
 */
#ifndef KERNEL_MOUNT_H
#define KERNEL_MOUNT_H

#include <frame/atomic.h>
#include <frame/buf.h>
#include <frame/obj.h>
#include <kernel/dentry.h>
#include <kernel/list.h>

struct fs_type;
struct super;

/*
 * A mount is used by whoever stands in it: a path is a reference on its mount and one on its
 * dentry. So it outlives its unmounting (MNT_DETACH) until the last open file and working directory
 * in it are gone, and its super with it. parent, point and what hangs where change under mount_lock
 * and list_lock (mount.c); whoever holds one of them may read them. sb and root never change.
 * flags: written by remount in one store, read at any time.
 */
struct mount {
	struct obj obj;
	struct super *sb;     /* reference, and a use of the super (nr_mounts) */
	struct dentry *root;  /* reference */
	struct mount *parent; /* reference; NULL: the root of the tree or detached */
	struct dentry *point; /* reference: where on the parent */
	u32 flags;            /* MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOATIME ... */
	s32 id;
	struct atomic writers; /* regular files open for writing: it cannot become read-only */
	u32 nr_children;       /* mounts that have it as parent; list_lock */
	u64 entered;           /* how often a walk has come in from above; list_lock */
	bool doomed;           /* its tree is being taken off; mount_lock */
	/*
	 * MNT_EXPIRE: entered was so much when it was marked, plus 1; 0: it is not marked;
	 * list_lock.
	 */
	u64 expires;
	u32 bucket; /* of the table, while it hangs somewhere */
	LIST_LINK(mount) hash_link;
	LIST_LINK(mount) link; /* all mounts, in order */
	LIST_LINK(mount) of_super;
	struct buf *source; /* device name for /proc/mounts */
};
OBJ_TYPE_DECL(mount);

/* A place: values with references by convention: path_get / path_put. */
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

int mount_new(const struct fs_type *type, struct cspan source, struct cspan data, u32 flags,
	struct mount **out);
/* Crosses mounts that sit on *p (down). */
void path_follow_mounts(struct path *p);
struct mount *root_mount(void);
/* The mount behind @after (NULL: the first), a reference. */
struct mount *mount_next(struct mount *after);
bool mount_is_readonly(const struct mount *m);
/* The id of the mount it hangs on, or its own. */
s32 mount_parent_id(struct mount *m);

#endif
