// SPDX-License-Identifier: MPL-2.0
/*
 * Mounts: how they are made, and the tree that they form.
 *
 * The mount on a mount point is found in a hash table by the parent mount's id and the dentry's
 * key, so the time does not depend on the number of mounts. Of several mounts on one point, the
 * latest comes first.
 *
 * How a mount is attached. The mount and its super are made first. Then, under mount_lock, the
 * inode of the mount point is locked and checked (mount_place_lock): it exists, is linked, and has
 * the right type. unlink, rmdir and rename check nr_mounts under the same inode lock, so no mount
 * point is removed under a mount. Last, under mount_list_lock, the mount enters the table, and
 * walks find it.
 *
 * How a mount is detached. It is taken out of the table and the list, and lives until nobody uses
 * it any more (see struct mount). umount without MNT_DETACH requires that it is not in use. Walks
 * enter a mount under mount_list_lock; so the check of the reference count and the removal are one
 * critical section under mount_list_lock, and no walk enters in between. A detached mount is no
 * part of the tree: nothing is mounted on it, bound from it, moved or remounted
 * (mount_is_attached).
 *
 * Locks: mount_lock, then the inode of the mount point, then mount_list_lock. References are
 * dropped without mount_list_lock.
 *
 * Ids count up and are never used again, so a reader of /proc/self/mounts that goes by ids sees
 * each mount at most once. A dentry that something was mounted on gets a key for the hash table, at
 * the first mount; a look-up compares the dentry itself, too.
 */
#include <frame/task.h>
#include <kernel/dentry.h>
#include <kernel/inode.h>
#include <kernel/knobs.h>
#include <kernel/poll.h>
#include <kernel/super.h>
#include <uapi/fs.h>

#include "mounts.h"

struct mutex mount_lock;
struct spinlock mount_list_lock;
struct mount_list all_mounts;
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

/* May be called anywhere, so the end of the super is left to a task (super.c). */
static void mount_release(struct mount *m)
{
	spin_lock(&mount_list_lock);
	if (list_is_linked(&m->sb->mounts, m, of_super))
		list_remove(&m->sb->mounts, m, of_super);
	spin_unlock(&mount_list_lock);
	obj_put(&m->root);
	obj_put(&m->parent);
	obj_put(&m->point);
	super_unhold(m->sb);
	obj_put(&m->sb);
	buf_put(&m->source);
}
OBJ_TYPE(mount, mount_release);

struct mount *root_mount(void)
{
	return root_mnt;
}

s32 mount_new_id(void)
{
	return next_id++;
}

void mount_set_root(struct mount *m)
{
	root_mnt = m;
}

bool mount_has_room(u32 nr)
{
	return nr_mounts + nr < knob_get(KNOB_MOUNT_MAX);
}

/*
 * The count before the flag, with a full barrier between; a remount stores the flag, then reads the
 * counts (remount.c). So one of the two sees the other.
 */
int mount_begin_write(struct mount *m)
{
	atomic_add(&m->writers, 1);
	if (likely(!mount_is_readonly(m)))
		return 0;
	atomic_sub(&m->writers, 1);
	return -EROFS;
}

void mount_end_write(struct mount *m)
{
	atomic_sub(&m->writers, 1);
}

bool mount_is_readonly(const struct mount *m)
{
	return (m->flags | m->sb->flags) & MS_RDONLY;
}

bool path_is_noexec(const struct path *p)
{
	return p->mnt->flags & MS_NOEXEC || p->mnt->sb->no_programs;
}

/* ---- what hangs where ---- */

static u32 mount_bucket_of(const struct mount *parent, const struct dentry *d)
{
	u64 key = (u64)(u32)parent->id << 32 | d->mount_key;

	return (u32)((key * 0x9e3779b97f4a7c15ul) >> 32) % BUCKETS;
}

/*
 * tree_change_begin and _end make walks that must not be misled (".." of openat2, paths of getcwd)
 * start again.
 */
void mount_hang(struct mount *m, const struct path *at)
{
	struct dentry *d = at->dentry;

	if (!d->mount_key)
		d->mount_key = ++last_key;
	tree_change_begin();
	m->parent = obj_get(at->mnt);
	m->point = obj_get(d);
	m->bucket = mount_bucket_of(at->mnt, d);
	/* The latest mount on a point covers the others. */
	list_push_front(&table[m->bucket].chain, m, hash_link);
	at->mnt->nr_children++;
	atomic_add(&d->nr_mounts, 1);
	tree_change_end();
}

void mount_unhang(struct mount *m, struct path *from)
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

bool mount_is_attached(const struct mount *m)
{
	return m->parent || m == root_mnt;
}

s32 mount_parent_id(struct mount *m)
{
	s32 id;

	spin_lock(&mount_list_lock);
	id = m->parent ? m->parent->id : m->id;
	spin_unlock(&mount_list_lock);
	return id;
}

/* A walk crosses into the mount here: it is counted for MNT_EXPIRE under the same lock. */
struct mount *mount_on(struct mount *parent, struct dentry *d)
{
	struct mount *m;

	spin_lock(&mount_list_lock);
	m = list_first(&table[mount_bucket_of(parent, d)].chain);
	while (m && (m->parent != parent || m->point != d))
		m = list_next(m, hash_link);
	if (m) {
		(void)obj_get(m);
		m->entered++;
	}
	spin_unlock(&mount_list_lock);
	return m;
}

/*
 * Takes the references under mount_list_lock, since the mount may be moved or detached meanwhile.
 */
bool mount_up(struct path *p)
{
	struct path up = { 0 };
	struct mount *m = p->mnt;

	spin_lock(&mount_list_lock);
	if (m->parent) {
		up.mnt = obj_get(m->parent);
		up.dentry = obj_get(m->point);
	}
	spin_unlock(&mount_list_lock);
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

	spin_lock(&mount_list_lock);
	for (m = mounts_by_id; m; m = m->id < id ? m->by_id.right : m->by_id.left) {
		if (m->id >= id)
			found = m;
	}
	if (found)
		(void)obj_get(found);
	spin_unlock(&mount_list_lock);
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
void mount_changed(void)
{
	store_release(nr_changes, nr_changes + 1);
	poll_notify(change_poll, POLLERR | POLLPRI);
}

void mount_enlist(struct mount *m)
{
	(void)obj_get(m);
	list_push_back(&all_mounts.list, m, link);
	id_tree_insert(&mounts_by_id, m);
	nr_mounts++;
}

/* The list's reference is the caller's afterwards. Both locks held. */
static void delist(struct mount *m)
{
	list_remove(&all_mounts.list, m, link);
	id_tree_remove(&mounts_by_id, m);
	nr_mounts--;
}

/* ---- making ---- */

/* relatime is the default; strictatime takes it away, noatime replaces it. See mount(2). */
u32 mount_kept_flags(u32 flags)
{
	u32 kept = flags & (MS_KEPT & ~MS_RELATIME);

	if (flags & MS_STRICTATIME)
		kept &= ~MS_NOATIME;
	else if (!(flags & MS_NOATIME))
		kept |= MS_RELATIME;
	return kept;
}

struct mount *mount_of_super(struct super *sb, struct dentry *root, u32 flags)
{
	struct mount *m;

	if (!super_hold(sb))
		return NULL; /* cannot be: the caller holds it, too */
	m = obj_new(mount);
	if (!m) {
		super_unhold(sb);
		return NULL;
	}
	m->sb = obj_get(sb);
	m->root = obj_get(root);
	m->flags = flags;
	spin_lock(&mount_list_lock);
	list_push_back(&sb->mounts, m, of_super);
	spin_unlock(&mount_list_lock);
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
 * Has the type make or find the super, and holds it. One that is at its end is waited for; then the
 * type does not find it any more.
 */
static int get_super(const struct fs_type *type, struct cspan source, struct cspan data, u32 flags,
	struct super **out)
{
	struct super *sb = NULL;
	u32 tries;

	for (tries = 0; tries < 3; tries++) {
		int err = type->mount(type, source, flags, data, &sb);
		if (err)
			return err;
		if (super_hold(sb)) {
			*out = sb;
			return 0;
		}
		super_wait_end(sb);
		obj_put(&sb);
	}
	return -EBUSY;
}

/*
 * The flags of the super are those of its first mount. File systems in memory have nothing to do
 * for MS_SYNCHRONOUS, MS_DIRSYNC and MS_LAZYTIME: they are only told.
 */
int mount_new(const struct fs_type *type, struct cspan source, struct cspan data, u32 flags,
	struct mount **out)
{
	struct super *sb = NULL;
	struct mount *m;
	int err = get_super(type, source, data, flags, &sb);

	if (err)
		return err;
	m = mount_of_super(sb, sb->root, mount_kept_flags(flags));
	if (m && sb->nr_holds == 2) /* this function's and the first mount's */
		store_once(sb->flags, sb->flags | (flags & MS_SUPER));
	super_unhold(sb);
	if (m)
		mount_set_source(m, source);
	else
		super_wait_end(sb);
	obj_put(&sb);
	*out = m;
	return m ? 0 : -ENOMEM;
}

void mount_put_wait(struct mount **mp)
{
	struct super *sb = *mp ? obj_get((*mp)->sb) : NULL;

	obj_put(mp);
	if (sb)
		super_wait_end(sb);
	obj_put(&sb);
}

int mount_place_lock(const struct path *at, const struct dentry *what)
{
	struct inode *ino = at->dentry->inode;

	if (!mount_is_attached(at->mnt) || (ino->flags & S_NO_MOUNT))
		return -ENOENT;
	if (!S_IS(ino->mode, S_IFDIR) != !S_IS(what->inode->mode, S_IFDIR))
		return -ENOTDIR;
	rwlock_write_lock(&ino->lock);
	if (!(ino->flags & S_DEAD) && !path_is_unlinked(at))
		return 0;
	rwlock_write_unlock(&ino->lock);
	return -ENOENT;
}

void mount_place_unlock(const struct path *at)
{
	rwlock_write_unlock(&at->dentry->inode->lock);
}

int mount_attach(struct mount *m, const struct path *at)
{
	int err = mount_has_room(0) ? mount_place_lock(at, m->root) : -ENOSPC;

	if (err)
		return err;
	spin_lock(&mount_list_lock);
	if (!m->id)
		m->id = mount_new_id();
	mount_hang(m, at);
	mount_enlist(m);
	spin_unlock(&mount_list_lock);
	mount_place_unlock(at);
	mount_changed();
	return 0;
}

/*
 * The reference of the list is the caller's. What was mounted on the mount stays mounted on it, so
 * a lazy umount takes the mounts below, too (mount_detach_tree).
 */
void mount_detach(struct mount *m)
{
	struct path from;

	spin_lock(&mount_list_lock);
	delist(m);
	mount_unhang(m, &from);
	spin_unlock(&mount_list_lock);
	path_put(&from);
}

bool mount_hangs_on(struct mount *const m, const struct mount *top)
{
	struct mount *up = m;

	while (up && up != top)
		up = up->parent;
	return up;
}

/*
 * The mounts to detach are marked first, because a mount whose parent is detached no longer leads
 * to @top.
 */
void mount_detach_tree(struct mount *top, struct mount_list *gone)
{
	struct mount *m, *next;

	list_for_each(m, &all_mounts.list, link) {
		m->doomed = mount_hangs_on(m, top);
		task_cond_resched();
	}
	list_for_each_safe(m, next, &all_mounts.list, link) {
		if (m->doomed) {
			mount_detach(m);
			list_push_back(&gone->list, m, link);
		}
		task_cond_resched();
	}
	mount_changed();
}

/*
 * Two references are those of the list and of the caller's path; any other is a user: an open file,
 * a working directory, a walk on its way. MNT_EXPIRE marks at the first call, and detaches at the
 * second one if no walk but the caller's has entered in between.
 */
int mount_detach_unused(struct mount *m, bool expire, struct mount_list *gone)
{
	struct path from = { 0 };
	s64 err = 0;

	spin_lock(&mount_list_lock);
	if (m->nr_children || obj_refs(m) > 2) {
		err = -EBUSY;
	} else if (expire && m->expires != m->entered) {
		m->expires = m->entered + 1; /* the walk of the next call enters it once */
		err = -EAGAIN;
	} else {
		delist(m);
		mount_unhang(m, &from);
	}
	spin_unlock(&mount_list_lock);
	path_put(&from);
	if (!err) {
		list_push_back(&gone->list, m, link);
		mount_changed();
	}
	return err;
}
