// SPDX-License-Identifier: MPL-2.0
/* Inside kernel/fs: what its files share. */
#ifndef KERNEL_FS_FS_H
#define KERNEL_FS_FS_H

#include <frame/buf.h>
#include <kernel/files.h>
#include <kernel/locks.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/thread.h>

/* ---- dcache.c ---- */
u32 name_hash(struct cspan name);
/* The same byte by byte. */
#define NAME_HASH_START 2166136261u
static inline u32 name_hash_step(u32 h, u8 c)
{
	return (h ^ c) * 16777619u;
}
static inline u32 name_hash_end(u32 h)
{
	return h ^ h >> 15;
}
/* The hashed dentry of that name, a reference, or NULL. */
struct dentry *dcache_find(struct dentry *parent, struct cspan name, u32 hash);
void dcache_insert(struct dentry *d);
/* Whether @a is @d or above it. sb->rename_lock held. */
bool dentry_is_ancestor(struct dentry *a, struct dentry *d);
/*
 * Whether @d is @top or below it in the same file system, at one moment: takes rename_lock.
 * Context: task.
 */
bool dentry_is_below(struct dentry *d, struct dentry *top);
/*
 * Whether a directory has come below another one, or anything has been mounted, moved or unmounted,
 * since tree_state was asked. Whoever changes the tree says so before and after, and holds a lock
 * for the change itself that whoever looks at the changed place takes, too: the dentry's, or that
 * of the mounts.
 */
u64 tree_state(void);
bool tree_has_changed(u64 since);
void tree_change_begin(void);
void tree_change_end(void);

/* ---- namei.c ---- */
/*
 * A walk in several steps, for open(O_CREAT), which has to see each link in the last place itself:
 * the links are counted, and the walk confined, over all of them. walk_begin (if it succeeds, ended
 * by walk_end), then walk_parent: w->at is the directory of the last component. If a link is there,
 * walk_link counts it and gives its text (*text, a reference), for walk_parent again from where the
 * walk stands; or NULL: it was a link to an object, and w->at is that now.
 */
struct walk_texts;
struct walk {
	struct path at; /* references */
	/*
	 * Where absolute names start and ".." stops; kept by @held, or by the thread's own context.
	 */
	struct path root;
	struct path held;          /* references */
	struct fs_context *lender; /* whose root it stands on without references, or NULL */
	struct walk_texts *texts;  /* reference, or NULL: no link so far */
	u64 tree;                  /* tree_state at the start of a confined walk */
	u32 links;                 /* followed so far */
	u32 flags;                 /* LOOKUP_* */
};
/* Odd while pivot_root changes the roots of contexts; see pivot.c. */
extern u32 root_moves;
int walk_begin(struct walk *w, struct thread *t, s32 dirfd, struct cspan name, u32 flags);
int walk_parent(struct walk *w, struct cspan name, struct last_name *last);
int walk_link(struct walk *w, struct dentry *link, struct buf **text, size_t *len);
void walk_end(struct walk *w);

/* ---- dir.c ---- */
/* A path's parent directory and last component, with the buffer the name lies in. */
struct target {
	struct buf *buf;
	size_t len;
	struct path dir;
	struct last_name last;
};
/* The last component of @path; ended by target_put. 0 or the error of the walk. */
int target_get(struct thread *t, s32 dirfd, struct uaddr path, struct target *g);
void target_put(struct target *g);
/* The dentry of that name, a reference, negative if there is none. Directory locked for writing. */
int target_lookup(struct target *g, struct dentry **out);
#define target_name(g) (cspan_sub(buf_cspan((g)->buf), (g)->last.off, (g)->last.len))
/* ---- mount.c ---- */
/* The mount on dentry @d of mount @m, a reference, or NULL. */
struct mount *mount_on(struct mount *m, struct dentry *d);
/* Up from the root of a mount to where it is attached. False at the top. */
bool mount_up(struct path *p);
/*
 * Puts the mount of @new in the place of the mount of @root, and that on @old: pivot_root(2)'s
 * checks and its work on the tree.
 */
s64 mount_pivot(const struct path *root, const struct path *new, const struct path *old);

/* ---- locks.c ---- */
/* @f is what @fd was when the call began. */
s64 locks_fcntl(struct thread *t, s32 fd, struct file *f, u32 cmd, struct uaddr lock);
/* A descriptor of the file in @table was closed: the table's record locks on the inode go. */
void locks_file_closed(struct file *f, struct obj *table);
/* The open file is gone: its own locks (flock, OFD) go. */
void locks_file_released(struct file *f);
void locks_free(struct inode *ino);
/* The object that owns the POSIX locks of a descriptor table; files.c. */
struct obj *files_owner(struct files *fs);
/* Whether the descriptor is that file now; under the table's lock. */
bool fd_is(struct thread *t, s32 fd, const struct file *f);
/* ---- chrdev.c ---- */
/* The operations of a special file that is being opened: sets f->ops. 0, -ENXIO, or others. */
int special_choose_ops(struct file *f);
/* ---- open.c ---- */
int files_init(void);
/* ---- xattr.c ---- */
/* The inode goes: so do its attributes. */
void xattr_free(struct inode *ino);

#endif
