// SPDX-License-Identifier: MPL-2.0
/*
 * File locks: flock, POSIX record locks, open-file-description locks. See flock(2), fcntl(2), and
 * lock_calls.c for how they are requested.
 *
 * A lock belongs to an owner object: the process's descriptor table (POSIX), or the open file
 * (flock, OFD). Two trees of intervals an inode have them, under one spinlock: record locks, and
 * flocks, which cover the whole file. One owner's record locks do not overlap, and neighbours of the
 * same type are one.
 *
 * What a user can make the kernel keep: each lock is charged to the user who set it, and all locks
 * of one user take at most a 64th of the memory; the privileged (CAP_SYS_RESOURCE) have no such
 * limit. The locks of one inode are 65536 at most: a request may have to look at all that overlap
 * it, with the spinlock held.
 *
 * /proc/locks goes over the locks of all inodes by the id that an inode's locks get when they are
 * made, and shows some of them at a time.
 *
 * When locks end. Those of a process go when it closes any descriptor of the file, as POSIX
 * demands; those of an open file with its last reference. Both are found by comparing owners, so a
 * lock never holds its owner.
 */
#include <frame/fmt.h>
#include <kernel/chrdev.h>
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/locks.h>
#include <kernel/super.h>
#include <kernel/synth.h>
#include <kernel/thread.h>
#include <kernel/user_limit.h>
#include <uapi/errno.h>
#include <uapi/fs.h>

#include "file_lock.h"
#include "fs.h"

#define LOCKS_SHOWN   16u  /* in one record of /proc/locks */
#define WAITERS_SHOWN 256u /* likewise: a record has 64 KiB at most */

static struct atomic last_lock_id;

static void file_lock_release(struct file_lock *l)
{
	user_uncharge(USER_LOCKS, l->uid, 1);
}
OBJ_TYPE(file_lock, file_lock_release);

static inline u64 lock_start(const struct file_lock *l)
{
	return l->start;
}

static inline u64 lock_end(const struct file_lock *l)
{
	return l->end;
}
INTERVAL_DEFINE(lock_tree, file_lock, node, lock_start, lock_end)

/* The address of the root of the tree that a request is about. */
#define TREE_OF(fl, q) ((q)->is_flock ? &(fl)->flocks : &(fl)->records)

/* Takes all locks of a tree out. */
static void tree_clear(struct file_lock **root)
{
	struct file_lock *l;

	while ((l = *root) != NULL) {
		lock_tree_remove(root, l);
		obj_put(&l);
	}
}

static void file_locks_release(struct file_locks *fl)
{
	tree_clear(&fl->records);
	tree_clear(&fl->flocks);
}
OBJ_TYPE(file_locks, file_locks_release);

/* ---- the list of all ---- */

static struct spinlock all_lock; /* a leaf; guards all_locks and last_id */
static bool before_in_all(const struct file_locks *a, const struct file_locks *b)
{
	return a->id < b->id;
}
TREE_DEFINE(all_tree, file_locks, all_node, before_in_all)
static TREE_ROOT(file_locks) all_locks; /* borrowed: locks_free takes them out */
static u64 last_id;

/*
 * inode.lock serializes the makers; the release store publishes the locks when they are complete.
 */
struct file_locks *file_locks_of(struct inode *ino)
{
	struct file_locks *fl = load_acquire(ino->locks);
	struct file_locks *mine;

	if (fl)
		return fl;
	mine = obj_new(file_locks);
	if (!mine)
		return NULL;
	mine->dev = ino->sb->dev;
	mine->ino = ino->ino;
	rwlock_write_lock(&ino->lock);
	if (!ino->locks) {
		spin_lock(&all_lock);
		mine->id = ++last_id;
		all_tree_insert(&all_locks, mine);
		spin_unlock(&all_lock);
		store_release(ino->locks, mine);
		mine = NULL;
	}
	fl = ino->locks;
	rwlock_write_unlock(&ino->lock);
	obj_put(&mine);
	return fl;
}

/*
 * With the inode's release: nobody can add a lock any more. A reader of /proc/locks may still hold
 * the object.
 */
void locks_free(struct inode *ino)
{
	if (!ino->locks)
		return;
	spin_lock(&all_lock);
	all_tree_remove(&all_locks, ino->locks);
	spin_unlock(&all_lock);
	obj_put(&ino->locks);
}

/* The locks with the lowest id from @id on, a reference, or NULL. */
static struct file_locks *locks_from(u64 id)
{
	struct file_locks *p, *found = NULL;

	spin_lock(&all_lock);
	for (p = all_locks; p; p = p->id < id ? p->all_node.right : p->all_node.left) {
		if (p->id >= id)
			found = p;
	}
	if (found)
		found = obj_get(found);
	spin_unlock(&all_lock);
	return found;
}

/* ---- setting and removing ---- */

/*
 * flock and record locks are in different trees, so they never conflict with each other. The first
 * in the order of starts is what F_GETLK reports.
 */
struct file_lock *file_lock_conflict(struct file_locks *fl, const struct lock_query *q)
{
	struct file_lock *l = lock_tree_meet(q->is_flock ? fl->flocks : fl->records, q->start,
		q->end);

	for (; l; l = lock_tree_meet_next(l, q->start, q->end)) {
		if (l->owner != q->owner && (l->type == F_WRLCK || q->type == F_WRLCK))
			return l;
	}
	return NULL;
}

/* The first lock of the request's owner in [lo, hi] behind @after, or from the start if that is NULL. */
static struct file_lock *own_lock(struct file_lock *root, const struct lock_query *q,
	struct file_lock *after, u64 lo, u64 hi)
{
	struct file_lock *l = after ? lock_tree_meet_next(after, lo, hi)
				    : lock_tree_meet(root, lo, hi);

	while (l && l->owner != q->owner)
		l = lock_tree_meet_next(l, lo, hi);
	return l;
}

static void lock_remove(struct file_locks *fl, struct file_lock **root, struct file_lock *l)
{
	lock_tree_remove(root, l);
	fl->nr--;
	obj_put(&l);
}

static void lock_insert(struct file_locks *fl, struct file_lock **root, struct file_lock *l)
{
	lock_tree_insert(root, l);
	fl->nr++;
}

/* The charge comes first and is compared then, so two tasks cannot pass the limit together. */
bool file_lock_charge(u32 uid)
{
	u64 sum = user_charge_always(USER_LOCKS, uid, 1);
	struct page_stats mem;

	page_get_stats(&mem);
	return sum <= mem.total * PAGE_SIZE / 64 / sizeof(struct file_lock) ||
		cred_capable(thread_current()->cred, CAP_SYS_RESOURCE);
}

u64 file_lock_new_id(void)
{
	return atomic_add(&last_lock_id, 1);
}

/* A new lock as the request says, charged to its user, or NULL. */
static struct file_lock *lock_new(const struct lock_query *q)
{
	struct file_lock *l = obj_new(file_lock);

	if (!l)
		return NULL;
	l->owner = q->owner;
	l->start = q->start;
	l->end = q->end;
	l->pid = q->pid;
	l->uid = q->uid;
	l->type = q->type;
	l->is_flock = q->is_flock;
	l->id = file_lock_new_id();
	if (!file_lock_charge(q->uid))
		obj_put(&l);
	return l;
}

/* Joins @n, which is in no tree yet, with the owner's adjacent record locks of the same type. */
static void lock_join(struct file_locks *fl, const struct lock_query *q, struct file_lock *n)
{
	struct file_lock **const root = &fl->records;
	struct file_lock *l, *next;
	u64 lo = n->start - (n->start > 0), hi = n->end + (n->end < LOCK_LAST);

	for (l = own_lock(*root, q, NULL, lo, hi); l; l = next) {
		next = own_lock(*root, q, l, lo, hi);
		if (l->type != n->type)
			continue;
		n->start = min(n->start, l->start);
		n->end = max(n->end, l->end);
		lock_remove(fl, root, l);
	}
}

/*
 * Removes the request's range from the owner's locks: a lock inside the range is removed, one that
 * overlaps an end is cut, and one that contains the range is split. @spare: an entry for the second
 * part; one is enough, because an owner's locks do not overlap.
 */
static void cut_range(struct file_locks *fl, const struct lock_query *q, struct file_lock **spare)
{
	struct file_lock **const root = TREE_OF(fl, q);
	struct file_lock *l, *next;

	for (l = own_lock(*root, q, NULL, q->start, q->end); l; l = next) {
		next = own_lock(*root, q, l, q->start, q->end);
		if (l->start < q->start && l->end > q->end && *spare) {
			struct file_lock *tail = *spare;
			*spare = NULL;
			tail->start = q->end + 1;
			tail->end = l->end;
			tail->pid = l->pid;
			tail->type = l->type;
			l->end = q->start - 1;
			lock_tree_grown(l);
			lock_insert(fl, root, tail);
		} else if (l->start < q->start) {
			l->end = q->start - 1;
			lock_tree_grown(l);
		} else if (l->end > q->end) {
			lock_tree_remove(root, l);
			l->start = q->end + 1;
			lock_tree_insert(root, l);
		} else {
			lock_remove(fl, root, l);
		}
	}
}

/*
 * flock(2): before a lock changes its type, the old one is removed, even if the new one cannot be
 * set. Otherwise two holders of a shared lock that both request an exclusive one would wait for
 * each other. Returns whether there was one.
 */
static bool drop_other_type(struct file_locks *fl, const struct lock_query *q)
{
	struct file_lock *l = own_lock(fl->flocks, q, NULL, q->start, q->end);

	if (!l || l->type == q->type)
		return false;
	lock_remove(fl, &fl->flocks, l);
	return true;
}

/* Whether the range lies inside of one lock of the owner, which then becomes two. */
static bool splits_one(const struct file_locks *fl, const struct lock_query *q)
{
	struct file_lock *l = q->is_flock ? NULL : own_lock(fl->records, q, NULL, q->start, q->end);

	return l && l->start < q->start && l->end > q->end;
}

/*
 * The part of file_lock_set under the lock. @fresh: the lock, unless it is a removal; it is taken
 * from there when it is used, as is @spare. *@changed: something was removed or set.
 */
static s64 set_locked(struct file_locks *fl, const struct lock_query *q, struct file_lock **fresh,
	struct file_lock **spare, bool *changed)
{
	struct file_lock *n = *fresh;
	u32 more = (n != NULL) + splits_one(fl, q);

	*changed = q->is_flock && drop_other_type(fl, q);
	if (n && file_lock_conflict(fl, q))
		return -EAGAIN;
	/* A removal can make a lock more, too: nothing else of it is refused. */
	if (more && (fl->nr + more > LOCKS_OF_INODE || (more > (n != NULL) && !*spare)))
		return -ENOLCK;
	*changed = true;
	cut_range(fl, q, spare);
	if (n) {
		*fresh = NULL;
		if (!q->is_flock)
			lock_join(fl, q, n);
		lock_insert(fl, TREE_OF(fl, q), n);
	}
	return 0;
}

/* The entries that may be needed are allocated first, so nothing fails half way. */
s64 file_lock_set(struct file_locks *fl, const struct lock_query *q)
{
	bool removal = q->type == F_UNLCK;
	/* only a range inside of a lock can leave two parts of it */
	bool splits = !q->is_flock && q->start > 0 && q->end < LOCK_LAST;
	struct file_lock *fresh = removal ? NULL : lock_new(q);
	struct file_lock *spare = splits ? lock_new(q) : NULL;
	bool changed = false;
	s64 err = -ENOLCK;

	if (fresh || removal) {
		spin_lock(&fl->lock);
		err = set_locked(fl, q, &fresh, &spare, &changed);
		spin_unlock(&fl->lock);
	}
	if (changed)
		waitq_wake_all(&fl->changed);
	obj_put(&fresh);
	obj_put(&spare);
	return err;
}

/* ---- the end of an owner ---- */

/* Removes the owner's locks of a tree, on which the lock of the inode's locks is held. */
static bool drop_tree(struct file_locks *fl, struct file_lock **root, const struct lock_query *q)
{
	struct file_lock *l, *next;
	bool any = false;

	for (l = own_lock(*root, q, NULL, 0, LOCK_LAST); l; l = next) {
		next = own_lock(*root, q, l, 0, LOCK_LAST);
		lock_remove(fl, root, l);
		any = true;
	}
	return any;
}

/* Removes all locks of an owner on the inode and wakes the waiters. */
static void drop_owner(struct inode *ino, struct obj *owner, bool flocks_too)
{
	struct file_locks *fl = ino ? load_acquire(ino->locks) : NULL;
	struct lock_query q = { .owner = owner };
	bool any;

	if (!fl)
		return;
	spin_lock(&fl->lock);
	any = drop_tree(fl, &fl->records, &q);
	if (flocks_too)
		any |= drop_tree(fl, &fl->flocks, &q);
	spin_unlock(&fl->lock);
	if (any)
		waitq_wake_all(&fl->changed);
}

void locks_file_closed(struct file *f, struct obj *table)
{
	drop_owner(f->inode, table, false);
}

void locks_file_released(struct file *f)
{
	drop_owner(f->inode, &f->obj, true);
}

/* ---- /proc/locks ---- */

static void put_kind(struct fmt *f, const struct lock_query *q)
{
	if (q->is_lease) {
		fmt_lit(f, LIT("LEASE  BREAKER   "));
		return;
	}
	fmt_lit(f, q->is_flock ? LIT("FLOCK ") : q->pid < 0 ? LIT("OFDLCK") : LIT("POSIX "));
	fmt_lit(f, LIT(" ADVISORY  "));
}

static void put_file(struct fmt *f, s32 pid, const struct file_locks *fl)
{
	fmt_printf(f, "%d %02x:%02x:%lu ", pid, DEV_MAJOR(fl->dev), DEV_MINOR(fl->dev), fl->ino);
}

/* One line, as proc_locks(5) has it; @arrow stands before one that waits. */
static void put_lock(struct fmt *f, u64 id, struct lit arrow, const struct lock_query *q,
	const struct file_locks *fl)
{
	fmt_printf(f, "%lu: ", id);
	fmt_lit(f, arrow);
	put_kind(f, q);
	fmt_lit(f, q->type == F_WRLCK ? LIT("WRITE ") : LIT("READ "));
	if (q->is_lease)
		fmt_printf(f, "%d <none>:0 ", q->pid);
	else
		put_file(f, q->pid, fl);
	fmt_printf(f, "%lu ", q->start);
	if (q->end >= LOCK_LAST)
		fmt_lit(f, LIT("EOF\n"));
	else
		fmt_printf(f, "%lu\n", q->end);
}

/* Those that wait for the lock, or break the lease, with that number, while *@room lasts. */
static void put_waiters(struct fmt *f, const struct file_locks *fl, u64 id, u32 *room)
{
	struct lock_waiter *w;

	list_for_each(w, &fl->waiting, inode_link) {
		if (w->blocker_id != id || !*room)
			continue;
		put_lock(f, id, LIT("-> "), &w->query, fl);
		(*room)--;
	}
}

/* A lock and its waiters. */
static void put_with_waiters(struct fmt *f, const struct file_locks *fl, const struct file_lock *l,
	u32 *room)
{
	struct lock_query q = { .start = l->start,
		.end = l->end,
		.pid = l->pid,
		.type = l->type,
		.is_flock = l->is_flock };

	put_lock(f, l->id, LIT(""), &q, fl);
	put_waiters(f, fl, l->id, room);
}

/* A lease and its breakers. It is shown as what it has to become. */
static void put_lease(struct fmt *f, const struct file_locks *fl, const struct lease *l, u32 *room)
{
	u32 type = lease_target(l);

	fmt_printf(f, "%lu: LEASE  ", l->id);
	fmt_lit(f, l->ends_by || l->read_by ? LIT("BREAKING  ") : LIT("ACTIVE    "));
	fmt_lit(f,
		type == F_WRLCK           ? LIT("WRITE ")
			: type == F_RDLCK ? LIT("READ ")
					  : LIT("UNLCK "));
	put_file(f, l->pid, fl);
	fmt_lit(f, LIT("0 EOF\n"));
	put_waiters(f, fl, l->id, room);
}

/*
 * Shows some locks of one inode from the @index-th on: record locks by their starts, then
 * flocks, then leases. False: there are no more. A change meanwhile may have one shown twice, or not at all.
 */
static bool put_some(struct fmt *f, struct file_locks *fl, u32 index)
{
	struct file_lock *l = fl->records ? lock_tree_tree_first(fl->records) : NULL;
	struct lease *e;
	bool flocks = false;
	u32 n = 0, room = WAITERS_SHOWN;

	for (;;) {
		if (!l && !flocks) {
			flocks = true;
			l = fl->flocks ? lock_tree_tree_first(fl->flocks) : NULL;
		}
		if (!l)
			break;
		if (n >= index + LOCKS_SHOWN)
			return true;
		if (n++ >= index)
			put_with_waiters(f, fl, l, &room);
		l = lock_tree_tree_next(l);
	}
	list_for_each(e, &fl->leases, link) {
		if (n >= index + LOCKS_SHOWN)
			return true;
		if (n++ >= index)
			put_lease(f, fl, e, &room);
	}
	return false;
}

/*
 * The position has the id of an inode's locks and an index in them, so a step costs only the locks
 * that are passed by and shown. Nothing is held between two steps.
 */
void locks_show(struct fmt *f, u64 *next)
{
	struct file_locks *fl = locks_from(*next >> INDEX_BITS);
	u32 index = 0;
	bool more;

	if (!fl) {
		*next = SYNTH_END;
		return;
	}
	if (fl->id == *next >> INDEX_BITS)
		index = *next & (LOCKS_OF_INODE - 1);
	spin_lock(&fl->lock);
	more = put_some(f, fl, index) && index + LOCKS_SHOWN < LOCKS_OF_INODE;
	spin_unlock(&fl->lock);
	*next = more ? fl->id << INDEX_BITS | (index + LOCKS_SHOWN) : (fl->id + 1) << INDEX_BITS;
	obj_put(&fl);
}
