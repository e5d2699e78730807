// SPDX-License-Identifier: MPL-2.0
/*
 * Dentries: the names of files, and the cache of them.
 *
 * A path walk takes no lock: dentries are type-stable, found by (parent, name) hash, pinned by
 * obj_tryget and checked again.
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
 * Who may read what while others rename and unlink:
 * - name and parent change under both directories' locks, both bucket locks and d->lock; the parent
 *   also under sb->rename_lock. Whoever holds one of them may read them. Walking up without
 *   references takes rename_lock (each dentry holds its parent, and no parent changes); else
 *   dentry_parent, step by step.
 * - inode is set once, before the dentry is hashed, and stays also when the name is unlinked:
 *   whoever has the dentry reads it without a lock.
 * - D_HASHED changes under the bucket's lock, and stays set while a name moves; D_PINNED under the
 *   directory's.
 */
struct dentry {
	struct obj obj;
	/* reference; itself at a root; never NULL; changed by rename only. */
	struct dentry *parent;
	struct inode *inode;  /* reference, NULL: negative */
	struct super *sb;     /* reference */
	struct spinlock lock; /* name, parent, inode, flags */
	u32 flags;
	u32 name_hash;
	u32 serial;      /* spreads the names of one directory over the table */
	u32 bucket;      /* of the table, while hashed */
	u64 cookie;      /* readdir position of a pinned name */
	u64 next_cookie; /* of its children */
	u16 name_len;
	u8 name[DNAME_INLINE]; /* when name_len <= DNAME_INLINE */
	struct buf *long_name; /* otherwise */
	LIST_LINK(dentry) hash_link;
	LIST_LINK(dentry) lru_link;
	LIST_LINK(dentry) child_link;
	LIST_HEAD(dentry) children; /* parent's lock; only pinned file systems (tmpfs) need it */
	struct atomic nr_mounts;    /* > 0: a mount is on it (in some place) */
	/* Made when the first is put on it: spreads mounts over their table. */
	u32 mount_key;
};
OBJ_TYPE_DECL(dentry);
enum {
	D_HASHED = 1,
	D_ROOT = 2,
	D_PINNED = 4 /* the file system holds a reference: tmpfs names live here */,
	D_ON_LRU = 8,
	D_REFERENCED = 16
};

struct dentry *dentry_new(struct dentry *parent, struct cspan name);
struct dentry *dentry_new_root(struct super *sb, struct inode *ino); /* consumes nothing */
void dentry_instantiate(struct dentry *d, struct inode *ino);        /* takes a reference */
/* Copies the name; returns its length. */
size_t dentry_name(struct dentry *d, struct span out);
bool dentry_name_equal(struct dentry *d, struct cspan name);
/* Removes from the hash: no lookup finds it again. */
void dentry_drop(struct dentry *d);
/* Directories whose entries are the pinned children of the dentry (tmpfs, devpts). */
int pinned_readdir(struct file *f, struct dir_emit *e);
/* The name where it stands, a span; the parent directory's lock keeps it. */
#define dentry_name_span(d)                                                            \
	(cspan_first((d)->long_name ? buf_cspan((d)->long_name) : cspan_of((d)->name), \
		(d)->name_len))
/*
 * Makes @d a name of its directory that stays until it is unlinked (tmpfs). dir inode's lock held
 * for writing.
 */
void dentry_pin(struct dentry *d, struct inode *ino);
void dentry_unpin(struct dentry *d);
/*
 * The pinned dentry @d takes the place of @to: its parent and its name. If @to is pinned, it is
 * unlinked in the same step. Both directories' locks held for writing.
 */
void dentry_move(struct dentry *d, struct dentry *to);
/*
 * Two pinned dentries change places: parents and names. Both directories' locks held for writing.
 */
void dentry_swap(struct dentry *a, struct dentry *b);
struct dentry *dentry_parent(struct dentry *d);
/* Takes the pins off all names below @top. */
void pinned_drop_below(struct dentry *top);

#endif
