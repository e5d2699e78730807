// SPDX-License-Identifier: MPL-2.0
/*
 * Dentries: the names of files, and the cache of them (kernel/fs/dcache.c).
 *
 * A hash table finds a dentry by parent and name. It holds no references: a look-up takes the lock
 * of one bucket and pins the dentry by obj_tryget, since its last reference may just be going away.
 * A path walk takes no directory's lock as long as the cache has the names.
 */
#ifndef KERNEL_DENTRY_H
#define KERNEL_DENTRY_H

#include <frame/atomic.h>
#include <frame/buf.h>
#include <frame/obj.h>
#include <frame/sync.h>
#include <kernel/list.h>

#define NAME_LEN     255
#define DNAME_INLINE 32

struct dir_emit;
struct file;
struct inode;
struct super;

/*
 * Which lock guards which field, while other tasks rename and unlink:
 * - name and parent change under both directories' locks, both bucket locks, and d->lock; a parent
 *   changes also under sb->rename_lock. Holding any one of these is enough to read them. A walk up
 *   without references holds rename_lock (each dentry holds its parent, and no parent changes
 *   then). Any other walk up calls dentry_parent for each step.
 * - inode is set once, before the dentry is hashed, and stays when the name is unlinked: a holder
 *   of the dentry reads it without a lock.
 * - D_HASHED changes under the bucket's lock, and stays set while a name moves. D_PINNED changes
 *   under the directory's lock.
 */
struct dentry {
	struct obj obj;
	/*
	 * Reference; a root is its own parent, without a reference. Never NULL; only rename changes
	 * it.
	 */
	struct dentry *parent;
	struct inode *inode;  /* reference, NULL: negative */
	struct super *sb;     /* reference */
	struct spinlock lock; /* name and parent; see above */
	u32 flags;
	u32 name_hash;
	u32 serial;      /* mixed into the hash of its children's names */
	u32 bucket;      /* number of its bucket, while hashed */
	u64 cookie;      /* readdir position of a pinned name */
	u64 next_cookie; /* the next cookie for a child */
	u16 name_len;
	u8 name[DNAME_INLINE]; /* when name_len <= DNAME_INLINE */
	struct buf *long_name; /* otherwise */
	LIST_LINK(dentry) hash_link;
	LIST_LINK(dentry) child_link;
	LIST_HEAD(dentry) children; /* pinned children; guarded by this directory's inode.lock */
	struct atomic nr_mounts;    /* mounts whose mount point this is, under any parent mount */
	/* Set when the first mount is put on it: part of the hash key in the table of mounts. */
	u32 mount_key;
};
OBJ_TYPE_DECL(dentry);
enum {
	D_HASHED = 1,
	D_ROOT = 2,
	D_PINNED = 4 /* the file system holds a reference: tmpfs, devpts */,
};

/*
 * A dentry called @name below @parent, not hashed, negative, one reference; takes references on
 * parent and super. NULL: no memory.
 */
struct dentry *dentry_new(struct dentry *parent, struct cspan name);
/* The root dentry of @sb for @ino; takes its own references. NULL: no memory. */
struct dentry *dentry_new_root(struct super *sb, struct inode *ino);
/* Makes the negative dentry @d stand for @ino (takes a reference); before it is hashed. */
void dentry_instantiate(struct dentry *d, struct inode *ino);
/* Copies the name of @d into @out (NAME_LEN bytes are enough) under d->lock. Returns its length. */
size_t dentry_name(struct dentry *d, struct span out);
/* Removes @d from the hash table: no look-up finds it again. Its holders keep it. */
void dentry_drop(struct dentry *d);
/*
 * The readdir operation of directories whose entries are pinned dentries (tmpfs, devpts). See
 * file_ops.readdir.
 */
int must_check pinned_readdir(struct file *f, struct dir_emit *e);
/* The name in place, as a span. The directory's lock must be held, so that no rename changes it. */
#define dentry_name_span(d)                                                            \
	(cspan_first((d)->long_name ? buf_cspan((d)->long_name) : cspan_of((d)->name), \
		(d)->name_len))
/*
 * Makes the negative dentry @d a name for @ino that stays until dentry_unpin (tmpfs): instantiates
 * it, takes a reference for the file system, and hashes it. The directory's inode.lock held for
 * writing.
 */
void dentry_pin(struct dentry *d, struct inode *ino);
/*
 * The reverse for an unlinked name: removes @d from hash table and directory, and drops the file
 * system's reference. The directory's inode.lock held for writing.
 */
void dentry_unpin(struct dentry *d);
/*
 * Renames the pinned dentry @d: it gets the parent and name of @to. A pinned @to is unlinked in the
 * same step, so a look-up of either name never fails meanwhile. Both directories' locks held for
 * writing.
 */
void dentry_move(struct dentry *d, struct dentry *to);
/*
 * Exchanges the parents and names of two pinned dentries. Both directories' locks held for writing.
 */
void dentry_swap(struct dentry *a, struct dentry *b);
/* The parent at this moment, a reference. Takes d->lock. Context: task. */
struct dentry *dentry_parent(struct dentry *d);
/* Unpins all names below @top, when a file system is taken apart: no other task uses it. */
void pinned_drop_below(struct dentry *top);

#endif
