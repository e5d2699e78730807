// SPDX-License-Identifier: MPL-2.0
/*
 * The inode cache, for file systems whose inodes are on a disk (super_ops.read_inode): an inode is
 * found by its super and number, stays in memory when nobody uses it, and is written when it has
 * changed.
 *
 * Each cached inode has a slot. The table refers to the slot and the slot to the inode, so an inode
 * in the cache has one reference more than it has users. New references to an unused inode come from
 * look-ups under cache_lock; walks over mappings take some for a moment (pagecache/mapping.c), and
 * do nothing with an inode that has no pages.
 *
 * How an inode comes in. inode_get_at puts a slot in the table as SLOT_NEW and has the file system
 * fill the inode; others that look for the number wait. If that fails, the slot leaves the table,
 * and those who wait try themselves.
 *
 * How an inode goes out. Nobody uses it and it is clean, or it has no names any more. The slot
 * becomes SLOT_GOING: look-ups of its number wait, so that the inode is not read from the disk while
 * it is written there, and a number that is freed is not used again too early. The pages are
 * dropped, the file system's evict operation frees blocks and number if there are no names, and the
 * slot leaves the table. Unused inodes go when memory is short; inodes without names when their last
 * dentry is released, by the inode task.
 *
 * How an inode is written. inode_touch, and file systems, call inode_mark_dirty after a change. The
 * slot joins the list of its super. A sync, fsync, or the inode task after some seconds clears
 * SLOT_DIRTY and calls write_inode. The marker stores the fields, then loads the state; the writer
 * stores the state, then loads the fields; both have a full barrier between. So either the marker
 * sees the bit cleared and sets it again, or the writer sees the fields.
 *
 * The inode task exists only while inodes are dirty or wait for their end.
 *
 * Locking: cache_lock, a spin lock and a leaf, guards the table, the lists, and slot.state. No other
 *          lock is held around read_inode, write_inode and evict, except the caller's.
 */
#include <frame/log.h>
#include <frame/task.h>
#include <frame/time.h>
#include <kernel/inode.h>
#include <kernel/list.h>
#include <kernel/mapping.h>
#include <kernel/mm.h>
#include <kernel/super.h>

#include "icache.h"

#define BUCKETS          256u
#define INTERVAL_NS      (5 * NSEC_PER_SEC)
#define INODES_IN_A_PAGE 4u
#define DROP_TRIES       5000u

enum slot_state {
	SLOT_NEW = 1,   /* the file system is filling the inode */
	SLOT_GOING = 2, /* it is being evicted */
	SLOT_GONE = 4,  /* it has left the table */
	SLOT_DIRTY = 8, /* on the dirty list of its super */
	SLOT_WRITING = 16,
	SLOT_USED = 32, /* looked up since reclaim came by */
	SLOT_DEAD = 64, /* on the list dead */
};

struct inode_bucket {
	LIST_HEAD(inode_slot) chain; /* references */
};

static struct spinlock cache_lock;
static struct inode_bucket table[BUCKETS];
static LIST_HEAD(inode_slot) dead; /* references: unused inodes without names, perhaps */
static struct atomic nr_dirty;
static struct waitq changed; /* a state has changed */
static bool task_there, kicked;
static struct waitq task_wait;

OBJ_TYPE(inode_slot, NULL_RELEASE);

/* ---- the table ---- */

static u32 bucket_of(const struct super *sb, u64 ino)
{
	return (u32)(((ino + sb->dev * 31) * 0x9e3779b97f4a7c15ul) >> 56) % BUCKETS;
}

/* cache_lock held. */
static struct inode_slot *find(const struct super *sb, u64 ino)
{
	struct inode_bucket *const b = array_at(table, bucket_of(sb, ino));
	struct inode_slot *s;

	list_for_each(s, &b->chain, hash_link) {
		if (s->sb == sb && s->ino == ino)
			return s;
	}
	return NULL;
}

/* The caller's references on the slot and the inode pass to the table. cache_lock held. */
static void insert(struct inode_slot *s, u32 state)
{
	struct inode_bucket *const b = array_at(table, bucket_of(s->sb, s->ino));

	s->state = state | SLOT_USED;
	list_push_front(&b->chain, s, hash_link);
	list_push_front(&s->sb->inodes, s, super_link);
}

/* Takes a dirty slot off its list. cache_lock held. */
static void clean(struct inode_slot *s)
{
	if (!(s->state & SLOT_DIRTY))
		return;
	store_once(s->state, s->state & ~(u32)SLOT_DIRTY);
	list_remove(&s->sb->dirty_inodes, s, dirty_link);
	s->sb->nr_dirty_inodes--;
	atomic_sub(&nr_dirty, 1);
}

/* The slot leaves the table; the table's references pass to the caller. cache_lock held. */
static void take_out(struct inode_slot *s)
{
	struct inode_bucket *const b = array_at(table, bucket_of(s->sb, s->ino));

	clean(s);
	list_remove(&b->chain, s, hash_link);
	list_remove(&s->sb->inodes, s, super_link);
	store_once(s->state, (s->state | SLOT_GONE) & ~(u32)(SLOT_NEW | SLOT_GOING));
}

/* A new inode with a slot, not in the table; NULL: no memory. */
static struct inode_slot *slot_new(struct super *sb, u64 number, u32 mode)
{
	struct inode_slot *s = obj_new(inode_slot);
	struct inode *ino = s ? inode_new(sb, mode) : NULL;

	if (!ino) {
		obj_put(&s);
		return NULL;
	}
	ino->ino = number;
	ino->slot = obj_get(s);
	s->inode = ino;
	s->sb = sb;
	s->ino = number;
	return s;
}

static void slot_drop(struct inode_slot *s)
{
	struct inode *ino = s->inode;

	s->inode = NULL;
	obj_put(&ino);
	obj_put(&s);
}

/* Waits until the slot is not in one of the states. Consumes the reference @s. */
static void wait_state(struct inode_slot *s, u32 states)
{
	int err;

	wait_event(&changed, !(load_once(s->state) & states), WAIT_UNINTERRUPTIBLE, NO_DEADLINE,
		&err);
	obj_put(&s);
}

/*
 * Finds the slot with that number, or puts the new one @s (consumed in any case) into the table.
 * *@found: the inode of the slot that was there, a reference; NULL: @s is in the table, as SLOT_NEW.
 * False: the number is in transition; the caller waits for *@busy, a reference, and tries again.
 */
static bool find_or_insert(struct super *sb, u64 ino, struct inode_slot *s, struct inode **found,
	struct inode_slot **busy)
{
	struct inode_slot *there;

	*found = NULL;
	*busy = NULL;
	spin_lock(&cache_lock);
	there = find(sb, ino);
	if (there && (there->state & (SLOT_NEW | SLOT_GOING))) {
		*busy = obj_get(there);
	} else if (there) {
		store_once(there->state, there->state | SLOT_USED);
		*found = obj_get(there->inode);
	} else if (s) {
		insert(s, SLOT_NEW);
	}
	spin_unlock(&cache_lock);
	if (s && there)
		slot_drop(s);
	return !*busy;
}

/* The new inode is complete, or could not be filled. Returns @err. */
static int filled(struct inode_slot *s, int err, struct inode **out)
{
	struct inode *ino = obj_get(s->inode);

	spin_lock(&cache_lock);
	if (err)
		take_out(s);
	else
		store_once(s->state, s->state & ~(u32)SLOT_NEW);
	spin_unlock(&cache_lock);
	waitq_wake_all(&changed);
	if (err) {
		obj_put(&ino);
		slot_drop(s);
	}
	*out = ino;
	return err;
}

int inode_get_at(struct super *sb, u64 number, struct inode **out)
{
	struct inode_slot *s, *busy;

	for (;;) {
		if (!find_or_insert(sb, number, NULL, out, &busy)) {
			wait_state(busy, SLOT_NEW | SLOT_GOING);
			continue;
		}
		if (*out)
			return 0;
		s = slot_new(sb, number, 0);
		if (!s)
			return -ENOMEM;
		if (!find_or_insert(sb, number, s, out, &busy)) {
			wait_state(busy, SLOT_NEW | SLOT_GOING);
			continue;
		}
		return *out ? 0 : filled(s, sb->ops->read_inode(s->inode), out);
	}
}

int inode_create_at(struct super *sb, u64 number, u32 mode, struct inode **out)
{
	struct inode_slot *s, *busy;

	for (;;) {
		s = slot_new(sb, number, mode);
		if (!s)
			return -ENOMEM;
		if (!find_or_insert(sb, number, s, out, &busy)) {
			wait_state(busy, SLOT_NEW | SLOT_GOING);
			continue;
		}
		if (*out) {
			obj_put(out);
			return -EIO;
		}
		return filled(s, 0, out);
	}
}

/* ---- changes ---- */

static void start_task(void);

void inode_mark_dirty(struct inode *ino)
{
	struct inode_slot *s = ino->slot;

	if (!s || !ino->sb->ops->write_inode)
		return;
	/* The fields before the load of the state; see "How an inode is written". */
	memory_barrier();
	if (load_once(s->state) & (SLOT_DIRTY | SLOT_GONE))
		return;
	spin_lock(&cache_lock);
	if (!(s->state & (SLOT_DIRTY | SLOT_GOING | SLOT_GONE))) {
		store_once(s->state, s->state | SLOT_DIRTY);
		s->dirty_since_ns = time_mono_ns();
		list_push_back(&s->sb->dirty_inodes, s, dirty_link);
		s->sb->nr_dirty_inodes++;
		atomic_add(&nr_dirty, 1);
	}
	spin_unlock(&cache_lock);
	start_task();
}

/*
 * A second writer waits for the first, because a caller of fsync relies on the result. Without
 * memory the inode stays dirty.
 */
int inode_write(struct inode *ino)
{
	struct inode_slot *s = ino->slot;
	bool mine;
	int err;

	if (!s || !ino->sb->ops->write_inode)
		return 0;
	for (;;) {
		spin_lock(&cache_lock);
		mine = !(s->state & SLOT_WRITING);
		if (mine && !(s->state & SLOT_DIRTY)) {
			spin_unlock(&cache_lock);
			return 0;
		}
		if (mine) {
			clean(s);
			store_once(s->state, s->state | SLOT_WRITING);
		}
		spin_unlock(&cache_lock);
		if (mine)
			break;
		wait_state(obj_get(s), SLOT_WRITING);
	}
	memory_barrier();
	err = ino->sb->ops->write_inode(ino);
	spin_lock(&cache_lock);
	store_once(s->state, s->state & ~(u32)SLOT_WRITING);
	spin_unlock(&cache_lock);
	waitq_wake_all(&changed);
	if (err == -ENOMEM || err == -EAGAIN)
		inode_mark_dirty(ino);
	return err;
}

/*
 * Those that become dirty meanwhile join the list at its end and are not counted, so the loop ends.
 * The list is in the order of time.
 */
int super_write_inodes(struct super *sb, u64 before_ns)
{
	u64 n = load_once(sb->nr_dirty_inodes);
	int err = 0, e;

	while (n-- > 0) {
		struct inode_slot *s;
		struct inode *ino;

		spin_lock(&cache_lock);
		s = list_first(&sb->dirty_inodes);
		ino = s && s->dirty_since_ns <= before_ns ? obj_get(s->inode) : NULL;
		spin_unlock(&cache_lock);
		if (!ino)
			break;
		e = inode_write(ino);
		err = err ? err : e;
		obj_put(&ino);
		task_cond_resched();
	}
	return err;
}

/* ---- the way out ---- */

/*
 * Whether the inode can go: nobody uses it, and nothing of it has to be written, unless it has no
 * names or @all is set. Marks it as going, so no look-up finds it from now on. cache_lock held.
 */
static bool may_go(struct inode_slot *s, bool all)
{
	struct inode *ino = s->inode;
	struct mapping *m = ino ? ino->mapping : NULL;

	if (!ino || (s->state & (SLOT_NEW | SLOT_GOING | SLOT_WRITING)) || obj_refs(ino) != 1)
		return false;
	if (!all && ino->nlink &&
		((s->state & SLOT_DIRTY) ||
			(m && ((s64)atomic_load(&m->nr_dirty) > 0 || atomic_load(&m->in_flight)))))
		return false;
	clean(s);
	store_once(s->state, s->state | SLOT_GOING);
	return true;
}

/* The pages of an inode without names are not written any more. */
static void drop_pages(struct inode *ino)
{
	struct mapping *m = ino->mapping;

	if (!m)
		return;
	if (!ino->nlink) {
		rwlock_write_lock(&ino->lock);
		rwlock_write_lock(&m->invalidate_lock);
		store_once(ino->size, 0);
		(void)pagecache_cut_range(ino, 0, ~0ul >> PAGE_SHIFT, true);
		rwlock_write_unlock(&m->invalidate_lock);
		rwlock_write_unlock(&ino->lock);
	}
	mapping_drop(m);
}

/* Evicts an inode if it may go. The caller has a reference on the slot. */
static bool evict(struct inode_slot *s, bool all)
{
	struct inode *ino;
	bool going;

	spin_lock(&cache_lock);
	going = may_go(s, all);
	spin_unlock(&cache_lock);
	if (!going)
		return false;
	ino = s->inode;
	drop_pages(ino);
	if (s->sb->ops->evict)
		s->sb->ops->evict(ino);
	spin_lock(&cache_lock);
	take_out(s);
	spin_unlock(&cache_lock);
	waitq_wake_all(&changed);
	slot_drop(s); /* the table's references */
	return true;
}

/*
 * Any slot of the super that is in the table, a reference; NULL: there is none. One that cannot go
 * moves to the end of the list.
 */
static struct inode_slot *next_of(struct super *sb)
{
	struct inode_slot *s;

	spin_lock(&cache_lock);
	s = list_first(&sb->inodes);
	if (s) {
		list_remove(&sb->inodes, s, super_link);
		list_push_back(&sb->inodes, s, super_link);
		(void)obj_get(s);
	}
	spin_unlock(&cache_lock);
	return s;
}

/*
 * The last mount is gone, so only walks over mappings and the inode task have references, for a
 * moment. An inode that is still used after some seconds is a fault of the file system: it leaves
 * the table without evict.
 */
void inode_cache_drop(struct super *sb)
{
	struct inode_slot *s;
	u32 tries = 0;

	while ((s = next_of(sb)) != NULL) {
		if (!evict(s, true)) {
			(void)task_sleep_until(time_mono_ns() + NSEC_PER_MSEC,
				WAIT_UNINTERRUPTIBLE);
			tries++;
		}
		if (tries > DROP_TRIES) {
			log_err("an inode is in use after its file system has been unmounted");
			spin_lock(&cache_lock);
			take_out(s);
			spin_unlock(&cache_lock);
			slot_drop(s);
		}
		obj_put(&s);
	}
}

/* ---- inodes without names ---- */

void inode_put_name(struct inode **ino)
{
	struct inode_slot *s = *ino ? (*ino)->slot : NULL;

	if (likely(!s) || load_once((*ino)->nlink)) {
		obj_put(ino);
		return;
	}
	(void)obj_get(s);
	obj_put(ino);
	spin_lock(&cache_lock);
	if (!(s->state & (SLOT_DEAD | SLOT_GONE))) {
		store_once(s->state, s->state | SLOT_DEAD);
		list_push_back(&dead, s, dead_link);
		(void)obj_get(s);
	}
	spin_unlock(&cache_lock);
	obj_put(&s);
	start_task();
	store_once(kicked, true);
	waitq_wake_all(&task_wait);
}

/* An inode that is still used is queued again when its user releases a dentry of it. */
static void evict_dead(void)
{
	struct inode_slot *s;

	for (;;) {
		spin_lock(&cache_lock);
		s = list_first(&dead);
		if (s) {
			list_remove(&dead, s, dead_link);
			store_once(s->state, s->state & ~(u32)SLOT_DEAD);
		}
		spin_unlock(&cache_lock);
		if (!s)
			return;
		(void)evict(s, false);
		obj_put(&s);
		task_cond_resched();
	}
}

/* ---- the inode task ---- */

static bool has_work(void)
{
	return atomic_load(&nr_dirty) || load_once(dead.first);
}

/*
 * Announces the end, then looks for work again; start_task looks for the task after it has made
 * work. Both have a full barrier between, so one of the two sees the other.
 */
static bool may_end(void)
{
	bool end;

	spin_lock(&cache_lock);
	store_once(task_there, false);
	memory_barrier();
	end = !has_work();
	if (!end)
		store_once(task_there, true);
	spin_unlock(&cache_lock);
	return end;
}

static void task_main(struct obj *owner)
{
	struct super *sb;
	int err;

	(void)owner;
	do {
		wait_event(&task_wait, load_once(kicked), WAIT_UNINTERRUPTIBLE,
			time_mono_ns() + INTERVAL_NS, &err);
		store_once(kicked, false);
		evict_dead();
		for (sb = super_next(NULL); sb; sb = super_next(sb))
			(void)super_write_inodes(sb, time_mono_ns() - INTERVAL_NS);
	} while (has_work() || !may_end());
}
static const struct task_ops inode_task = { .run = task_main };

/* Of several callers that find no task, one starts it. Without memory the next one tries. */
static void start_task(void)
{
	struct task *t;
	bool mine;

	memory_barrier();
	if (load_once(task_there))
		return;
	spin_lock(&cache_lock);
	mine = !task_there;
	store_once(task_there, true);
	spin_unlock(&cache_lock);
	t = mine ? task_new(&inode_task, NULL, LIT("inodes")) : NULL;
	if (t)
		task_start(t);
	else if (mine)
		store_once(task_there, false);
	task_put(&t);
}

/* ---- reclaim ---- */

/* A slot of the bucket that may go, a reference; others lose their mark of use. */
static struct inode_slot *candidate(struct inode_bucket *const b)
{
	struct inode_slot *s;

	spin_lock(&cache_lock);
	list_for_each(s, &b->chain, hash_link) {
		if (!(s->state & SLOT_USED) && obj_refs(s->inode) == 1 && s->inode->nlink &&
			!(s->state & (SLOT_DIRTY | SLOT_NEW | SLOT_GOING)))
			break;
		store_once(s->state, s->state & ~(u32)SLOT_USED);
	}
	if (s)
		(void)obj_get(s);
	spin_unlock(&cache_lock);
	return s;
}

/*
 * Evicts unused inodes, bucket by bucket, from where the last call stopped; two rounds, because the
 * first may only clear marks. One of each bucket in a round, so that a candidate that cannot go
 * after all does not hold the loop.
 */
u64 inode_cache_shrink(u64 nr_pages)
{
	static u32 hand; /* races cost nothing but order */
	u64 freed = 0, n = 0;
	u32 i;

	for (i = 0; i < 2 * BUCKETS && freed + n / INODES_IN_A_PAGE < nr_pages; i++) {
		u32 at = load_once(hand) % BUCKETS;
		struct inode_slot *s = candidate(array_at(table, at));
		u64 pages = s && s->inode ? load_once(s->inode->pages.nr_pages) : 0;

		store_once(hand, at + 1);
		if (s && evict(s, false)) {
			freed += pages;
			n++;
		}
		obj_put(&s);
		task_cond_resched();
	}
	return freed + n / INODES_IN_A_PAGE;
}
static const struct shrinker_ops cache_shrinker = { .shrink = inode_cache_shrink };

void inode_cache_init(void)
{
	shrinker_register(&cache_shrinker);
}
