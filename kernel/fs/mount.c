// SPDX-License-Identifier: MPL-2.0
/*
 * Mounts: the tree, mount(2), umount(2), and the registry of file system types.
 *
 * The mount on a mount point is found in a hash table by the parent mount's id and the dentry's
 * key, so the time does not depend on the number of mounts. Of several mounts on one point, the
 * latest comes first.
 *
 * How a mount is attached. The mount and its super are made first. Then, under mount_lock, the
 * inode of the mount point is locked and checked (place_lock): it exists, is linked, and has the
 * right type. unlink, rmdir and rename check nr_mounts under the same inode lock, so no mount point
 * is removed under a mount. Last, under list_lock, the mount enters the table, and walks find it.
 *
 * How a mount is detached. It is taken out of the table and the list, and lives until nobody uses
 * it any more (see struct mount). umount without MNT_DETACH requires that it is not in use. Walks
 * enter a mount under list_lock; so the check of the reference count and the removal are one
 * critical section under list_lock, and no walk enters in between. A detached mount is no part of
 * the tree: nothing is mounted on it, bound from it, moved or remounted (is_attached).
 *
 * Locks: mount_lock, then the inode of the mount point, then list_lock. References are dropped
 * without list_lock.
 */
#include <frame/log.h>
#include <frame/task.h>
#include <kernel/cred.h>
#include <kernel/dentry.h>
#include <kernel/inode.h>
#include <kernel/knobs.h>
#include <kernel/list.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/poll.h>
#include <kernel/super.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/vfs.h>
#include <uapi/fs.h>

#include "fs.h"

static struct mutex mount_lock; /* serializes all changes of the tree */
/* Guards the list of mounts, the table, parent and point, and the entry into mounts. Taken last. */
static struct spinlock list_lock;
static LIST_HEAD(mount) mounts; /* oldest first */
static TREE_ROOT(mount) mounts_by_id;
static u32 nr_mounts; /* attached ones, at most fs.mount-max; mount_lock */
static struct mount *root_mnt;
static s32 next_id = 1;
static u32 last_key;

static bool id_before(const struct mount *a, const struct mount *b)
{
	return a->id < b->id;
}
TREE_DEFINE(id_tree, mount, by_id, id_before)

#define BUCKETS 1024
struct mount_bucket {
	LIST_HEAD(mount) chain;
};
static struct mount_bucket table[BUCKETS];

#define MAX_TYPES 128
static const struct fs_type *types[MAX_TYPES];
static u32 nr_types;

/*
 * Called when a mount of a super is released. If it was the last one, no task is in the file system
 * any more, since each path holds its mount. So the file system is taken apart without locks.
 */
static void super_unmounted(struct super *sb)
{
	if (atomic_sub(&sb->nr_mounts, 1) == 0) {
		if (super_sync(sb))
			log_warn("a file system could not be written before it was unmounted");
		if (sb->ops && sb->ops->read_inode) {
			obj_put(&sb->root);
			inode_cache_drop(sb);
		}
		if (sb->ops && sb->ops->kill)
			sb->ops->kill(sb);
		obj_put(&sb->root);
	}
}

static void mount_release(struct mount *m)
{
	spin_lock(&list_lock);
	if (list_is_linked(&m->sb->mounts, m, of_super))
		list_remove(&m->sb->mounts, m, of_super);
	spin_unlock(&list_lock);
	obj_put(&m->root);
	obj_put(&m->parent);
	obj_put(&m->point);
	super_unmounted(m->sb);
	obj_put(&m->sb);
	buf_put(&m->source);
}
OBJ_TYPE(mount, mount_release);

void fs_register(const struct fs_type *type)
{
	if (nr_types < MAX_TYPES)
		types[nr_types++] = type;
	else
		log_err("more than %u types of file systems: the others are not known", MAX_TYPES);
}

/* Types are registered at start-up only, so the list needs no lock. */
const struct fs_type *fs_find(struct cspan name)
{
	u32 i;

	for (i = 0; i < nr_types; i++) {
		if (cspan_equal(lit_span(types[i]->name), name))
			return types[i];
	}
	return NULL;
}

const struct fs_type *fs_nth(u32 i)
{
	return i < nr_types ? types[i] : NULL;
}

struct mount *root_mount(void)
{
	return root_mnt;
}

bool mount_is_readonly(const struct mount *m)
{
	return (m->flags | m->sb->flags) & MS_RDONLY;
}

/* ---- what hangs where ---- */

static u32 bucket_of(const struct mount *parent, const struct dentry *d)
{
	u64 key = (u64)(u32)parent->id << 32 | d->mount_key;

	return (u32)((key * 0x9e3779b97f4a7c15ul) >> 32) % BUCKETS;
}

/* Puts @m into the table at mount point @at; takes references on that. list_lock held. */
static void hang(struct mount *m, const struct path *at)
{
	struct dentry *d = at->dentry;

	if (!d->mount_key)
		d->mount_key = ++last_key;
	tree_change_begin();
	m->parent = obj_get(at->mnt);
	m->point = obj_get(d);
	m->bucket = bucket_of(at->mnt, d);
	/* The latest mount on a point covers the others. */
	list_push_front(&table[m->bucket].chain, m, hash_link);
	at->mnt->nr_children++;
	atomic_add(&d->nr_mounts, 1);
	tree_change_end();
}

/* Takes @m out of the table; *@from gets the references on its mount point. list_lock held. */
static void unhang(struct mount *m, struct path *from)
{
	*from = (struct path){ m->parent, m->point };
	if (!from->mnt)
		return;
	tree_change_begin();
	m->parent = NULL;
	m->point = NULL;
	list_remove(&table[m->bucket].chain, m, hash_link);
	from->mnt->nr_children--;
	atomic_sub(&from->dentry->nr_mounts, 1);
	tree_change_end();
}

/* Whether @m is part of the tree. mount_lock held. */
static bool is_attached(const struct mount *m)
{
	return m->parent || m == root_mnt;
}

s32 mount_parent_id(struct mount *m)
{
	s32 id;

	spin_lock(&list_lock);
	id = m->parent ? m->parent->id : m->id;
	spin_unlock(&list_lock);
	return id;
}

/* A walk crosses into the mount here: it is counted for MNT_EXPIRE under the same lock. */
struct mount *mount_on(struct mount *parent, struct dentry *d)
{
	struct mount *m;

	spin_lock(&list_lock);
	m = list_first(&table[bucket_of(parent, d)].chain);
	while (m && (m->parent != parent || m->point != d))
		m = list_next(m, hash_link);
	if (m) {
		(void)obj_get(m);
		m->entered++;
	}
	spin_unlock(&list_lock);
	return m;
}

/* Takes the references under list_lock, since the mount may be moved or detached meanwhile. */
bool mount_up(struct path *p)
{
	struct path up = { 0 };
	struct mount *m = p->mnt;

	spin_lock(&list_lock);
	if (m->parent) {
		up.mnt = obj_get(m->parent);
		up.dentry = obj_get(m->point);
	}
	spin_unlock(&list_lock);
	if (!up.mnt)
		return false;
	path_put(p);
	*p = up;
	return true;
}

/* Walkers go by the id, since a mount may be detached between two steps of theirs. */
struct mount *mount_from_id(s32 id)
{
	struct mount *m, *found = NULL;

	spin_lock(&list_lock);
	for (m = mounts_by_id; m; m = m->id < id ? m->by_id.right : m->by_id.left) {
		if (m->id >= id)
			found = m;
	}
	if (found)
		(void)obj_get(found);
	spin_unlock(&list_lock);
	return found;
}

/* ---- telling of changes ---- */

static u64 nr_changes;
static struct poll_source *change_poll;

u64 mount_nr_changes(void)
{
	return load_acquire(nr_changes);
}

void mount_poll_wait(struct poll_table *pt)
{
	poll_wait(pt, &change_poll);
}

/* After a change: first the count, then the notification. mount_lock held. */
static void changed(void)
{
	store_release(nr_changes, nr_changes + 1);
	poll_notify(change_poll, POLLERR | POLLPRI);
}

/* Puts @m, which has its id, into the list, which takes a reference. Both locks held. */
static void enlist(struct mount *m)
{
	(void)obj_get(m);
	list_push_back(&mounts, m, link);
	id_tree_insert(&mounts_by_id, m);
	nr_mounts++;
}

/* The list's reference is the caller's afterwards. Both locks held. */
static void delist(struct mount *m)
{
	list_remove(&mounts, m, link);
	id_tree_remove(&mounts_by_id, m);
	nr_mounts--;
}

/* ---- making ---- */

#define MS_ATIME (MS_NOATIME | MS_NODIRATIME | MS_RELATIME)
#define MS_SUPER (MS_RDONLY | MS_SYNCHRONOUS | MS_MANDLOCK | MS_DIRSYNC | MS_LAZYTIME)
#define MS_RESET (MS_SUPER & ~MS_DIRSYNC) /* what a remount changes of them */
#define MS_KEPT  (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOSYMFOLLOW | MS_ATIME)

/* The flags of a mount, from those of mount(2): relatime unless the call says otherwise. */
static u32 kept_flags(u32 flags)
{
	u32 kept = flags & (MS_KEPT & ~MS_RELATIME);

	if (flags & MS_STRICTATIME)
		kept &= ~MS_NOATIME;
	else if (!(flags & MS_NOATIME))
		kept |= MS_RELATIME;
	return kept;
}

/* A mount of @sb with the given root, attached nowhere. NULL: no memory. */
static struct mount *mount_of_super(struct super *sb, struct dentry *root, u32 flags)
{
	struct mount *m = obj_new(mount);

	if (!m)
		return NULL;
	atomic_add(&sb->nr_mounts, 1);
	m->sb = obj_get(sb);
	m->root = obj_get(root);
	m->flags = flags;
	spin_lock(&list_lock);
	list_push_back(&sb->mounts, m, of_super);
	spin_unlock(&list_lock);
	return m;
}

/* A source name is only shown; without memory the mount has none. */
static void mount_set_source(struct mount *m, struct cspan source)
{
	m->source = buf_alloc(cspan_len(source));
	if (m->source)
		span_copy(buf_span(m->source), source);
}

/*
 * A failure after the super was made counts one mount up and down, so that an otherwise unused
 * super is taken apart. The flags of the super are those of its first mount. File systems in
 * memory have nothing to do for MS_SYNCHRONOUS, MS_DIRSYNC and MS_LAZYTIME: they are only told.
 */
int mount_new(const struct fs_type *type, struct cspan source, struct cspan data, u32 flags,
	struct mount **out)
{
	struct super *sb = NULL;
	struct mount *m;
	int err = type->mount(type, source, data, &sb);

	if (err)
		return err;
	m = mount_of_super(sb, sb->root, kept_flags(flags));
	if (!m) {
		atomic_add(&sb->nr_mounts, 1);
		super_unmounted(sb);
		obj_put(&sb);
		return -ENOMEM;
	}
	if (atomic_load(&sb->nr_mounts) == 1)
		sb->flags |= flags & MS_SUPER;
	obj_put(&sb);
	mount_set_source(m, source);
	*out = m;
	return 0;
}

/*
 * Locks and checks a mount point for a mount whose root is @what. On success (0) the caller ends
 * with place_unlock. mount_lock held.
 */
static int place_lock(const struct path *at, const struct dentry *what)
{
	struct inode *ino = at->dentry->inode;

	if (!is_attached(at->mnt) || (ino->flags & S_NO_MOUNT))
		return -ENOENT;
	if (!S_IS(ino->mode, S_IFDIR) != !S_IS(what->inode->mode, S_IFDIR))
		return -ENOTDIR;
	rwlock_write_lock(&ino->lock);
	if (!(ino->flags & S_DEAD) && !path_is_unlinked(at))
		return 0;
	rwlock_write_unlock(&ino->lock);
	return -ENOENT;
}

static void place_unlock(const struct path *at)
{
	rwlock_write_unlock(&at->dentry->inode->lock);
}

/* Attaches @m at *@at and adds it to the list, which takes a reference. mount_lock held. */
static int mount_attach(struct mount *m, const struct path *at)
{
	int err = nr_mounts < knob_get(KNOB_MOUNT_MAX) ? place_lock(at, m->root) : -ENOSPC;

	if (err)
		return err;
	spin_lock(&list_lock);
	if (!m->id)
		m->id = next_id++;
	hang(m, at);
	enlist(m);
	spin_unlock(&list_lock);
	place_unlock(at);
	changed();
	return 0;
}

/*
 * Takes @m off its mount point and off the list, and drops the list's reference. mount_lock held.
 */
static void detach_one(struct mount *m)
{
	struct path from;

	spin_lock(&list_lock);
	delist(m);
	unhang(m, &from);
	spin_unlock(&list_lock);
	path_put(&from);
	obj_put(&m);
}

/* Whether @m is @top or is mounted somewhere below it. mount_lock held. */
static bool hangs_on(struct mount *const m, const struct mount *top)
{
	struct mount *up = m;

	while (up && up != top)
		up = up->parent;
	return up;
}

/*
 * Detaches @top and all mounts below it. The mounts to detach are marked first, because a mount
 * whose parent is detached no longer leads to @top. mount_lock held.
 */
static void detach_tree(struct mount *top)
{
	struct mount *m, *next;

	list_for_each(m, &mounts, link) {
		m->doomed = hangs_on(m, top);
		task_cond_resched();
	}
	list_for_each_safe(m, next, &mounts, link) {
		if (m->doomed)
			detach_one(m);
		task_cond_resched();
	}
	changed();
}

/*
 * Detaches @m if it is not in use: the only references are those of the list and of the caller's
 * path, and no mount is on it. @expire: only if no walk has entered it since the last call with
 * @expire; else marks it and returns -EAGAIN. mount_lock held.
 */
static s64 detach_unused(struct mount *m, bool expire)
{
	struct path from = { 0 };
	s64 err = 0;

	spin_lock(&list_lock);
	if (m->nr_children || obj_refs(m) > 2) {
		err = -EBUSY;
	} else if (expire && m->expires != m->entered) {
		m->expires = m->entered + 1; /* the walk of the next call enters it once */
		err = -EAGAIN;
	} else {
		delist(m);
		unhang(m, &from);
	}
	spin_unlock(&list_lock);
	path_put(&from);
	if (!err) {
		obj_put(&m);
		changed();
	}
	return err;
}

/* ---- mount(2) ---- */

/* Mounts a new file system: copies the strings, makes the mount, attaches it. */
static s64 mount_fresh(struct thread *t, const struct path *at, struct uaddr source,
	struct uaddr type, u32 flags, struct uaddr data)
{
	char name[32] = { 0 };
	char dev[64] = "none";
	struct buf *opts = buf_alloc(PAGE_SIZE);
	const struct fs_type *ft;
	struct mount *m = NULL;
	ssize_t n;
	s64 err;

	(void)t;
	if (!opts)
		return -ENOMEM;
	n = type.va ? copy_in_str(span_of(name), type) : -EINVAL;
	err = n < 0 ? n : 0;
	if (!err && source.va) {
		n = copy_in_str(span_of(dev), source);
		err = n < 0 ? n : 0;
	}
	if (!err && data.va) {
		/* The options end where readable memory ends. */
		n = copy_in_some(span_first(buf_span(opts), PAGE_SIZE - 1), data);
		err = n < 0 ? n : 0;
	}
	if (err)
		goto out;
	ft = fs_find(cspan_first(cspan_of(name), cspan_strlen(cspan_of(name))));
	err = ft ? mount_new(ft, cspan_first(cspan_of(dev), cspan_strlen(cspan_of(dev))),
			   cspan_first(buf_cspan(opts), cspan_strlen(buf_cspan(opts))), flags, &m)
		 : -ENODEV;
	if (!err)
		err = mount_attach(m, at);
	obj_put(&m);
out:
	buf_put(&opts);
	return err;
}

/* A second mount of what @like mounts, or of @root in its file system; NULL: no memory. */
static struct mount *mount_like(struct mount *like, struct dentry *root)
{
	struct mount *m = mount_of_super(like->sb, root, load_once(like->flags));

	if (m) {
		m->source = like->source ? buf_get(like->source) : NULL;
		m->unbindable = like->unbindable;
	}
	return m;
}

/*
 * How MS_BIND | MS_REC copies a tree. Each mount that is copied points to its copy (mount.copy).
 * Passes over the list of all mounts copy those whose parent has a copy already, until a pass finds
 * none: a mount moved (MS_MOVE) may stand before its parent in the list. Of the mounts on the
 * source's own mount only those below the source count. A copy hangs on the copy of its parent, at
 * the same place; no walk finds it, since the top of the copies hangs nowhere. Then the top is
 * attached like any mount, and all appear at once. Unbindable mounts are left out, with what is
 * mounted on them. All of it under mount_lock.
 */
struct copying {
	struct path from;
	LIST_HEAD(mount) copies; /* by link, parents first; without the top; references */
	u32 nr;
};

/* Whether @m is to be copied in this pass. */
static bool is_next_copy(const struct mount *m, const struct copying *c)
{
	if (m->copy || m->unbindable || !m->parent || !m->parent->copy)
		return false;
	return m->parent != c->from.mnt || dentry_is_below(m->point, c->from.dentry);
}

static s64 copy_child(struct mount *m, struct copying *c)
{
	struct path at = { m->parent->copy, m->point };
	struct mount *n = NULL;

	if (nr_mounts + c->nr + 1 < knob_get(KNOB_MOUNT_MAX))
		n = mount_like(m, m->root);
	else
		return -ENOSPC;
	if (!n)
		return -ENOMEM;
	spin_lock(&list_lock);
	n->id = next_id++;
	hang(n, &at);
	spin_unlock(&list_lock);
	list_push_back(&c->copies, n, link);
	c->nr++;
	m->copy = n;
	return 0;
}

static s64 copy_children(struct copying *c)
{
	struct mount *m;
	bool found;
	s64 err = 0;

	do {
		found = false;
		list_for_each(m, &mounts, link) {
			task_cond_resched();
			if (err || !is_next_copy(m, c))
				continue;
			err = copy_child(m, c);
			found = true;
		}
	} while (found && !err);
	return err;
}

/* Ends the copying: the copies enter the list of all mounts, or (@err) are taken apart. */
static void finish_copies(struct copying *c, s64 err)
{
	struct mount *m;
	struct path from;

	list_for_each(m, &mounts, link)
		m->copy = NULL;
	while ((m = err ? list_last(&c->copies) : list_first(&c->copies)) != NULL) {
		list_remove(&c->copies, m, link);
		from = (struct path){ 0 };
		spin_lock(&list_lock);
		if (err)
			unhang(m, &from);
		else
			enlist(m);
		spin_unlock(&list_lock);
		path_put(&from);
		obj_put(&m);
		task_cond_resched();
	}
	if (!err)
		changed();
}

/*
 * MS_BIND: mounts the tree at @source once more, with MS_REC also the mounts below it. The flags
 * are those of its mount; those of the call are ignored, as on Linux.
 */
static s64 mount_bind(struct thread *t, const struct path *at, struct uaddr source, bool rec)
{
	struct copying c = { 0 };
	struct mount *m = NULL;
	s64 err = path_lookup_user(t, AT_FDCWD, source, LOOKUP_FOLLOW, &c.from);

	if (err)
		return err;
	if (!is_attached(c.from.mnt) || c.from.mnt->unbindable)
		err = -EINVAL; /* a pipe, a memfd, or something in a mount that is gone */
	else
		m = mount_like(c.from.mnt, c.from.dentry);
	if (!m && !err)
		err = -ENOMEM;
	if (!err && rec) {
		m->id = next_id++; /* children hang on it before it is attached */
		c.from.mnt->copy = m;
		err = copy_children(&c);
	}
	if (!err)
		err = mount_attach(m, at);
	if (rec)
		finish_copies(&c, err);
	obj_put(&m);
	path_put(&c.from);
	return err;
}

/* MS_MOVE: only the root of a mount moves, and not below itself. */
static s64 move_check(const struct path *from, const struct path *at)
{
	if (from->dentry != from->mnt->root || !from->mnt->parent)
		return -EINVAL;
	if (!S_IS(at->dentry->inode->mode, S_IFDIR) != !S_IS(from->dentry->inode->mode, S_IFDIR))
		return -EINVAL;
	return hangs_on(at->mnt, from->mnt) ? -ELOOP : 0;
}

/*
 * Off and on in one critical section of list_lock: a walk finds the mount at the old place or the
 * new one.
 */
static s64 mount_move(struct thread *t, const struct path *at, struct uaddr source)
{
	struct path from, old = { 0 };
	s64 err = path_lookup_user(t, AT_FDCWD, source, LOOKUP_FOLLOW, &from);

	if (err)
		return err;
	err = move_check(&from, at);
	if (!err)
		err = place_lock(at, from.dentry);
	if (!err) {
		spin_lock(&list_lock);
		unhang(from.mnt, &old);
		hang(from.mnt, at);
		spin_unlock(&list_lock);
		place_unlock(at);
		changed();
	}
	path_put(&old);
	path_put(&from);
	return err;
}

/* Passes new options to the file system, if it has any. */
static s64 remount_super(struct super *sb, struct uaddr data)
{
	struct buf *opts;
	ssize_t n;
	s64 err;

	if (!sb->ops || !sb->ops->remount)
		return 0;
	opts = buf_alloc(PAGE_SIZE);
	if (!opts)
		return -ENOMEM;
	n = data.va ? copy_in_some(span_first(buf_span(opts), PAGE_SIZE - 1), data) : 0;
	err = n < 0
		? n
		: sb->ops->remount(sb, cspan_first(buf_cspan(opts), cspan_strlen(buf_cspan(opts))));
	buf_put(&opts);
	return err;
}

/* Whether @below lies under @top, in the same mount or in a mount below it. mount_lock held. */
static bool is_reachable(const struct path *below, const struct path *top)
{
	struct mount *m = below->mnt;
	struct dentry *d = below->dentry;

	while (m != top->mnt && m->parent) {
		d = m->point;
		m = m->parent;
	}
	return m == top->mnt && dentry_is_below(d, top->dentry);
}

/*
 * The conditions of pivot_root(2): both the root and the new root are roots of mounts and attached,
 * neither the new root nor @old is on the mount of the present root, and @old is reachable from the
 * new root.
 */
static s64 pivot_check(const struct path *root, const struct path *new, const struct path *old)
{
	if ((new->dentry->inode->flags | old->dentry->inode->flags) & S_DEAD)
		return -ENOENT;
	if (new->mnt == root->mnt || old->mnt == root->mnt)
		return -EBUSY;
	if (root->dentry != root->mnt->root || !root->mnt->parent ||
		new->dentry != new->mnt->root || !new->mnt->parent)
		return -EINVAL;
	return is_reachable(old, new) && is_reachable(new, root) ? 0 : -EINVAL;
}

/*
 * Exchanges the mounts of a pivot_root. The new root is attached before the old one is detached, so
 * the mount point of the root is never without a mount: rmdir could remove it. @old is locked;
 * mount_lock held.
 */
static void pivot_locked(struct mount *root, struct mount *new, const struct path *old,
	struct path *was, struct path *top)
{
	struct path place;

	spin_lock(&list_lock);
	place = (struct path){ root->parent, root->point };
	unhang(new, was);
	hang(new, &place);
	unhang(root, top);
	hang(root, old);
	spin_unlock(&list_lock);
}

/*
 * Checks, the lock of the mount point and the exchange are under mount_lock, so the tree does not
 * change in between. The references that became free are dropped at the end, without locks.
 */
s64 mount_pivot(const struct path *root, const struct path *new, const struct path *old)
{
	struct path was = { 0 }, top = { 0 };
	s64 err;

	mutex_lock(&mount_lock);
	err = pivot_check(root, new, old);
	if (!err)
		err = place_lock(old, root->dentry);
	if (!err) {
		pivot_locked(root->mnt, new->mnt, old, &was, &top);
		place_unlock(old);
		changed();
	}
	mutex_unlock(&mount_lock);
	path_put(&was);
	path_put(&top);
	return err;
}

/*
 * Makes a mount or (@all) its super read-only, unless a file is open for writing. The flag is
 * stored first, then the counts of writers are read. An open for writing adds itself to the count
 * first, then reads the flag (file_open_path). Both have a full barrier between the two accesses,
 * so at least one sees the other. If there is a writer, the flags are restored. mount_lock held.
 */
static s64 make_readonly(struct mount *m, bool all)
{
	u32 was = m->flags, super_was = m->sb->flags;
	struct mount *other;
	bool busy = false;

	store_once(m->flags, was | MS_RDONLY);
	if (all)
		store_once(m->sb->flags, super_was | MS_RDONLY);
	memory_barrier();
	spin_lock(&list_lock);
	list_for_each(other, &m->sb->mounts, of_super)
		busy |= (other == m || all) && atomic_load(&other->writers);
	spin_unlock(&list_lock);
	if (busy) {
		store_once(m->sb->flags, super_was);
		store_once(m->flags, was);
	}
	return busy ? -EBUSY : 0;
}

/* MS_REMOUNT: changes the flags of one mount (with MS_BIND) or of the super, and the options. */
static s64 remount(const struct path *at, u32 flags, struct uaddr data)
{
	struct mount *m = at->mnt;
	u32 kept = kept_flags(flags);
	bool all = !(flags & MS_BIND);
	s64 err = at->dentry == m->root && is_attached(m) ? 0 : -EINVAL;

	if (!(flags & (MS_ATIME | MS_STRICTATIME)))
		kept = (kept & ~MS_ATIME) | (m->flags & MS_ATIME);
	if (!err && (flags & MS_RDONLY) && !mount_is_readonly(m))
		err = make_readonly(m, all);
	if (!err && all)
		err = remount_super(m->sb, data);
	if (err)
		return err;
	if (all)
		store_once(m->sb->flags, (m->sb->flags & ~MS_RESET) | (flags & MS_RESET));
	store_once(m->flags, kept);
	changed();
	return 0;
}

#define MS_PROPAGATION (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)

/*
 * MS_PRIVATE and the others, of the mount whose root is @at, with MS_REC also of the mounts below
 * it. Nothing propagates, so all mounts are private; a private mount that is made a slave is
 * private. MS_SHARED is refused: copies of the mount would have to follow it. mount_lock held.
 */
static s64 set_propagation(const struct path *at, u32 flags)
{
	u32 type = flags & ~(MS_REC | MS_SILENT);
	struct mount *m;

	if ((type & ~MS_PROPAGATION) || (type & (type - 1)) || at->dentry != at->mnt->root ||
		!is_attached(at->mnt) || type == MS_SHARED)
		return -EINVAL;
	list_for_each(m, &mounts, link) {
		if (type != MS_SLAVE &&
			(m == at->mnt || ((flags & MS_REC) && hangs_on(m, at->mnt))))
			m->unbindable = type == MS_UNBINDABLE;
		task_cond_resched();
	}
	return 0;
}

/*
 * The path is resolved before mount_lock is taken. The kind of operation is chosen in Linux's
 * order.
 */
s64 sys_mount(struct thread *t, struct uaddr source, struct uaddr target, struct uaddr type,
	u32 flags, struct uaddr data)
{
	struct path at;
	s64 err;

	if ((flags & 0xffff0000) == 0xc0ed0000)
		flags &= 0xffff; /* a magic number of old programs */
	err = path_lookup_user(t, AT_FDCWD, target, LOOKUP_FOLLOW, &at);
	if (err)
		return err;
	mutex_lock(&mount_lock);
	if (!cred_capable(t->cred, CAP_SYS_ADMIN))
		err = -EPERM;
	else if (flags & MS_REMOUNT)
		err = remount(&at, flags, data);
	else if (flags & MS_BIND)
		err = mount_bind(t, &at, source, flags & MS_REC);
	else if (flags & MS_PROPAGATION)
		err = set_propagation(&at, flags);
	else if (flags & MS_MOVE)
		err = mount_move(t, &at, source);
	else
		err = mount_fresh(t, &at, source, type, flags, data);
	mutex_unlock(&mount_lock);
	path_put(&at);
	return err;
}

#define MNT_FORCE       1u
#define MNT_DETACH      2u
#define MNT_EXPIRE      4u
#define UMOUNT_NOFOLLOW 8u

/* The target must be the root of a mount, and not the root of the tree. MNT_FORCE has no effect. */
s64 sys_umount2(struct thread *t, struct uaddr target, u32 flags)
{
	struct path at;
	s64 err;

	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW) ||
		((flags & MNT_EXPIRE) && (flags & (MNT_FORCE | MNT_DETACH))))
		return -EINVAL;
	err = path_lookup_user(t, AT_FDCWD, target, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW,
		&at);
	if (err)
		return err;
	mutex_lock(&mount_lock);
	if (!cred_capable(t->cred, CAP_SYS_ADMIN))
		err = -EPERM;
	else if (at.dentry != at.mnt->root || !at.mnt->parent)
		err = -EINVAL;
	else if (flags & MNT_DETACH)
		detach_tree(at.mnt);
	else
		err = detach_unused(at.mnt, flags & MNT_EXPIRE);
	mutex_unlock(&mount_lock);
	path_put(&at);
	return err;
}

/* ---- the kernel's own mounts ---- */

/*
 * Mounts without options and with the type as the source. Used at start-up, with the rights of the
 * kernel.
 */
int vfs_mount_kernel(struct lit fstype, struct cspan path)
{
	const struct fs_type *ft = fs_find(lit_span(fstype));
	struct mount *m = NULL;
	struct path at;
	int err = ft ? path_lookup_kernel(path, LOOKUP_FOLLOW, &at) : -ENODEV;

	if (err)
		return err;
	err = mount_new(ft, lit_span(fstype), CSPAN_NONE, 0, &m);
	mutex_lock(&mount_lock);
	if (!err)
		err = mount_attach(m, &at);
	mutex_unlock(&mount_lock);
	obj_put(&m);
	path_put(&at);
	return err;
}

/* Start-up code is alone, so no locks are taken. */
int vfs_init(struct lit root_type, struct cspan options)
{
	const struct fs_type *type = fs_find(lit_span(root_type));
	struct mount *m = NULL;
	int err = type ? files_init() : -ENODEV;

	if (!err)
		err = mount_new(type, STR("rootfs"), options, 0, &m);
	if (err)
		return err;
	m->id = next_id++;
	enlist(m);
	root_mnt = m;
	obj_put(&m);
	return 0;
}

/*
 * Power-off, when all processes are gone: detaches all mounts, the newest first, and the root last.
 */
void vfs_shutdown(void)
{
	struct mount *m;

	while ((m = list_last(&mounts)) != NULL && m != root_mnt)
		detach_one(m);
	m = root_mnt;
	root_mnt = NULL;
	if (m)
		detach_one(m);
}
