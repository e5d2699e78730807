// SPDX-License-Identifier: MPL-2.0
/*
 * How inodes leave the inode cache (icache.c): eviction, the inode task, reclaim.
 *
 * How an inode goes out. Nobody uses it and it is clean, or it has no names any more. The slot
 * becomes SLOT_GOING: look-ups of its number wait, so that the inode is not read from the disk
 * while it is written there, and a number that is freed is not used again too early. The evicting
 * task takes a reference of its own. The pages are dropped, the file system's evict operation frees
 * blocks and number if there are no names, and the slot leaves the table. Unused inodes go when
 * memory is short or the cache is full; inodes without names when their last dentry is released, by
 * the inode task.
 *
 * A deleted file that is still used. Whoever uses an open file releases a dentry in the end, which
 * queues the inode once more; watches end with the last of them (notify_inode_deleted). A walk over
 * mappings, a fault or a sync holds only the inode, and its end tells nobody. So a slot that was
 * refused joins super.held_inodes, which the inode task tries again at each interval, and at the
 * end of the super.
 *
 * How evictions meet walks. A walk over all mappings may take its reference at any moment, also
 * just when the inode goes. It takes the reference, then looks at the state under the lock of the
 * bucket (inode_is_going); the evicting task looks at the count and sets SLOT_GOING in one hold of
 * that lock. So if the walk has the lock first, the evicting task sees the reference and refuses;
 * else the walk sees the state, and leaves the inode alone. So no operation that writes begins
 * after evict, nor after kill.
 *
 * The inode task. Each super has its own, so that a disk that hangs stops the inodes of no other.
 * It exists only while inodes are dirty or wait for their end.
 *
 * The end of a super. inode_cache_drop evicts all inodes. While another task evicts or writes an
 * inode, it waits, as long as that takes: the file system must not be taken apart under it. An
 * inode that has become dirty since the last sync, perhaps by the write of its own pages, is
 * written first, pages before fields, until it is clean. If that gets no further for drop_ns, the
 * inode goes as it is, and the loss is noted in the super, whose end logs it; the next ones are
 * then tried once, so that thousands of them do not take hours. An inode that is used by nobody
 * knows whom is a fault of some code; then the super stays as it is.
 */
#include <frame/log.h>
#include <frame/page.h>
#include <frame/task.h>
#include <frame/time.h>
#include <kernel/inode.h>
#include <kernel/list.h>
#include <kernel/mapping.h>
#include <kernel/mm.h>
#include <kernel/notify.h>
#include <kernel/super.h>

#include "icache.h"

#define DEAD_AT_ONCE     1000u
#define INODES_IN_A_PAGE 4u
#define HELD_NS          (5 * NSEC_PER_SEC) /* refused ones are tried again so soon */
#define DROP_NS          (5 * NSEC_PER_SEC)
/* The cache has at most so many inodes, an eighth of memory, while some of them are unused. */
#define LIMIT_SHARE  8u
#define TRIM_BUCKETS 8u /* looked at for each new inode above the limit */

struct atomic inode_cache_nr;
static u64 inode_limit;
static u64 drop_ns = DROP_NS;

void inode_cache_set_patience(u64 ns)
{
	store_once(drop_ns, ns ? ns : DROP_NS);
}

/* ---- eviction ---- */

/*
 * EVICT_UNUSED: reclaim, whose caller may hold the lock of a directory: inodes without names, whose
 * own lock is needed, are left to the inode task. EVICT_DEAD: those, and the others if they are
 * clean. EVICT_ALL: also those that cannot be written, at the end of the super.
 */
enum evict_what { EVICT_UNUSED, EVICT_DEAD, EVICT_ALL };

/* Whether pages of the inode are dirty or on their way to or from the disk. */
static bool has_io(const struct inode *ino)
{
	const struct mapping *m = ino->mapping;

	return m && ((s64)atomic_load(&m->nr_dirty) > 0 || atomic_load(&m->in_flight));
}

/*
 * Whether the inode can go: nobody uses it, and nothing of it has to be written, unless it has no
 * names or is given up. Marks it as going, so no look-up finds it from now on. The bucket is
 * locked; so if the slot is not gone, its inode exists.
 */
static bool slot_may_go(struct inode_slot *s, enum evict_what what)
{
	if ((s->state & (SLOT_NEW | SLOT_GOING | SLOT_GONE | SLOT_WRITING)) ||
		obj_refs(s->inode) != 1)
		return false;
	if (s->inode->nlink && what != EVICT_ALL && ((s->state & SLOT_DIRTY) || has_io(s->inode)))
		return false;
	if (!s->inode->nlink && what == EVICT_UNUSED)
		return false;
	slot_clean(s);
	slot_begin(s, SLOT_GOING);
	return true;
}

bool inode_is_going(const struct inode *ino)
{
	struct inode_slot *s = ino->slot;
	bool going;

	if (!s)
		return false;
	slot_lock(s);
	going = s->state & (SLOT_GOING | SLOT_GONE);
	slot_unlock(s);
	return going;
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
static bool slot_evict(struct inode_slot *s, enum evict_what what)
{
	struct inode *ino;

	slot_lock(s);
	ino = slot_may_go(s, what) ? obj_get(s->inode) : NULL;
	slot_unlock(s);
	if (!ino)
		return false;
	drop_pages(ino);
	if (ino->sb->ops->evict)
		ino->sb->ops->evict(ino);
	slot_lock(s);
	slot_take_out(s);
	slot_end(s, SLOT_GOING);
	slot_unlock(s);
	slot_drop(s);
	obj_put(&ino);
	return true;
}

/* ---- inodes without names ---- */

/* Queues the slot, which is in the table, as @queue says. super.inodes_lock held. */
static void slot_enqueue(struct inode_slot *s, enum slot_queue queue)
{
	struct super *sb = s->sb;

	if (s->queue == QUEUE_HELD)
		list_remove(&sb->held_inodes, s, dead_link);
	else if (s->queue == QUEUE_DEAD)
		list_remove(&sb->dead_inodes, s, dead_link);
	else
		(void)obj_get(s);
	if (queue == QUEUE_HELD)
		list_push_back(&sb->held_inodes, s, dead_link);
	else
		list_push_back(&sb->dead_inodes, s, dead_link);
	s->queue = queue;
}

/* Queues the slot unless it has left the table, or has been given a name again (link). */
static void queue_slot(struct super *sb, struct inode_slot *s, enum slot_queue queue)
{
	slot_lock(s);
	if (!(s->state & SLOT_GONE) && !load_once(s->inode->nlink)) {
		spin_lock(&sb->inodes_lock);
		slot_enqueue(s, queue);
		spin_unlock(&sb->inodes_lock);
	}
	slot_unlock(s);
}

static void evict_kick(struct super *sb)
{
	inode_task_start(sb);
	store_once(sb->inode_task_kicked, true);
	waitq_wake_all(&sb->inode_task_wait);
}

void inode_put_name(struct inode **ino)
{
	struct inode_slot *s = *ino ? (*ino)->slot : NULL;
	struct super *sb;

	if (likely(!s) || load_once((*ino)->nlink)) {
		obj_put(ino);
		return;
	}
	sb = obj_get((*ino)->sb);
	(void)obj_get(s);
	notify_inode_deleted(*ino, 2); /* the table's and this one */
	obj_put(ino);
	queue_slot(sb, s, QUEUE_DEAD);
	evict_kick(sb);
	obj_put(&s);
	obj_put(&sb);
}

/* Those that were refused are tried again. */
static void retry_held(struct super *sb)
{
	struct inode_slot *s;
	u32 n = 0;

	spin_lock(&sb->inodes_lock);
	while ((s = list_first(&sb->held_inodes)) != NULL) {
		slot_enqueue(s, QUEUE_DEAD);
		if (++n % 64 == 0) {
			spin_unlock(&sb->inodes_lock);
			task_cond_resched();
			spin_lock(&sb->inodes_lock);
		}
	}
	spin_unlock(&sb->inodes_lock);
}

/*
 * If the last two users have gone at the same moment, each has seen the other, and watches were
 * left (inode_put_name).
 */
static void drop_watches(struct inode_slot *s)
{
	struct inode *ino;

	slot_lock(s);
	ino = !(s->state & SLOT_GONE) && s->inode->marks && !s->inode->nlink ? obj_get(s->inode)
									     : NULL;
	slot_unlock(s);
	if (ino)
		notify_inode_deleted(ino, 2);
	obj_put(&ino);
}

/*
 * A part of those that wait, so that a user who deletes files does not keep others from the task.
 */
static void evict_dead(struct super *sb)
{
	struct inode_slot *s;
	u32 i;

	for (i = 0; i < DEAD_AT_ONCE; i++) {
		spin_lock(&sb->inodes_lock);
		s = list_first(&sb->dead_inodes);
		if (s) {
			list_remove(&sb->dead_inodes, s, dead_link);
			s->queue = QUEUE_NONE;
		}
		spin_unlock(&sb->inodes_lock);
		if (!s)
			return;
		drop_watches(s);
		if (!slot_evict(s, EVICT_DEAD))
			queue_slot(sb, s, QUEUE_HELD);
		obj_put(&s);
		task_cond_resched();
	}
}

/* ---- the inode task ---- */

static bool has_work(struct super *sb)
{
	return load_once(sb->nr_dirty_inodes) || load_once(sb->dead_inodes.first) ||
		load_once(sb->held_inodes.first);
}

/*
 * Announces the end, then looks for work again; inode_task_start looks for the task after its
 * caller has made work. Both have a full barrier between, so one of the two sees the other.
 */
static bool evict_may_end(struct super *sb)
{
	bool end;

	spin_lock(&sb->inodes_lock);
	store_once(sb->inode_task, false);
	memory_barrier();
	end = !has_work(sb);
	if (!end)
		store_once(sb->inode_task, true);
	spin_unlock(&sb->inodes_lock);
	if (end)
		waitq_wake_all(&sb->inodes_changed);
	return end;
}

/* What is dirty since then is written. Soon after the start that is before all times. */
static u64 long_ago(void)
{
	u64 now = time_mono_ns(), age = writeback_expire_ns();

	return now > age ? now - age : 0;
}

static void task_main(struct obj *owner)
{
	struct super *sb = obj_cast(super, owner);
	u64 next_ns = 0, look_ns;
	int err;

	do {
		look_ns = min(writeback_next_ns(), time_mono_ns() + HELD_NS);
		wait_event(&sb->inode_task_wait,
			load_once(sb->inode_task_kicked) || load_once(sb->dead_inodes.first),
			WAIT_UNINTERRUPTIBLE, look_ns, &err);
		store_once(sb->inode_task_kicked, false);
		if (time_mono_ns() >= next_ns || load_once(sb->ending)) {
			retry_held(sb);
			next_ns = min(writeback_next_ns(), time_mono_ns() + HELD_NS);
		}
		evict_dead(sb);
		/* What failed is dirty again, or its error waits for an fsync (write_failed). */
		if (writeback_next_ns() != NO_DEADLINE)
			ignore_error(super_write_inodes(sb, long_ago()));
	} while (has_work(sb) || !evict_may_end(sb));
}
static const struct task_ops inode_task = { .run = task_main };

/* Of several callers that find no task, one starts it. Without memory the next one tries. */
void inode_task_start(struct super *sb)
{
	struct task *t;
	bool mine;

	memory_barrier();
	if (load_once(sb->inode_task))
		return;
	spin_lock(&sb->inodes_lock);
	mine = !sb->inode_task;
	store_once(sb->inode_task, true);
	spin_unlock(&sb->inodes_lock);
	if (!mine)
		return;
	t = task_new(&inode_task, &sb->obj, LIT("inodes"));
	if (t)
		task_start(t);
	else
		store_once(sb->inode_task, false);
	task_put(&t);
	waitq_wake_all(&sb->inodes_changed);
}

/* ---- the end of a super ---- */

/*
 * Any slot of the super that is in the table, a reference; NULL: there is none. The slot moves to
 * the end of the list.
 */
static struct inode_slot *next_of(struct super *sb)
{
	struct inode_slot *s;

	spin_lock(&sb->inodes_lock);
	s = list_first(&sb->inodes);
	if (s) {
		list_remove(&sb->inodes, s, super_link);
		list_push_back(&sb->inodes, s, super_link);
		(void)obj_get(s);
	}
	spin_unlock(&sb->inodes_lock);
	return s;
}

/*
 * Writes what is dirty of an inode that has names. Returns how much of it still is: its pages, and
 * one for itself. *@io: whether I/O of its pages is in progress.
 */
static u64 write_out(struct inode_slot *s, bool *io)
{
	struct inode *ino;
	u64 n = 0;

	*io = false;
	slot_lock(s);
	ino = s->state & (SLOT_NEW | SLOT_GOING | SLOT_GONE) ? NULL : obj_get(s->inode);
	slot_unlock(s);
	if (!ino)
		return 0;
	if (ino->nlink) {
		/* What failed is dirty again, and counted, or its error waits for an fsync. */
		if (ino->mapping && (s64)atomic_load(&ino->mapping->nr_dirty) > 0)
			ignore_error(mapping_sync(ino->mapping, 0, ~0ul));
		ignore_error(inode_write(ino)); /* likewise */
		n = (load_once(s->state) & SLOT_DIRTY) != 0;
		if (ino->mapping)
			n += (u64)max((s64)atomic_load(&ino->mapping->nr_dirty), 0l);
	}
	*io = ino->mapping && atomic_load(&ino->mapping->in_flight);
	obj_put(&ino);
	return n;
}

/*
 * Evicts one inode, after it has waited for who works on it. Each step forward gives it another
 * drop_ns: I/O that is in progress, and less that is dirty than ever before. *@gave_up: whether an
 * inode before it has been given up; set if this one is. False: somebody keeps it.
 */
static bool drop_one(struct inode_slot *s, bool *gave_up)
{
	enum evict_what what = EVICT_DEAD;
	u64 deadline = 0, least = ~0ul, dirty;
	bool io;

	while (!slot_evict(s, what)) {
		u32 state = load_once(s->state);
		if (state & SLOT_GONE)
			return true;
		if (state & (SLOT_NEW | SLOT_GOING | SLOT_WRITING)) {
			slot_wait(obj_get(s), SLOT_NEW | SLOT_GOING | SLOT_WRITING);
			continue;
		}
		dirty = write_out(s, &io);
		if (io || dirty < least)
			deadline = time_mono_ns() + (dirty && *gave_up ? 0 : load_once(drop_ns));
		least = min(least, dirty);
		if (time_mono_ns() > deadline) {
			if (!dirty || what == EVICT_ALL)
				return false;
			super_error_note(s->sb, -EIO);
			*gave_up = true;
			what = EVICT_ALL;
			deadline = time_mono_ns() + load_once(drop_ns);
			continue;
		}
		(void)task_sleep_until(time_mono_ns() + NSEC_PER_MSEC, WAIT_UNINTERRUPTIBLE);
	}
	return true;
}

int inode_cache_drop(struct super *sb)
{
	struct inode_slot *s;
	bool gone = true, gave_up = false;
	int err;

	while (gone && (s = next_of(sb)) != NULL) {
		gone = drop_one(s, &gave_up);
		obj_put(&s);
		task_cond_resched();
	}
	if (!gone) {
		log_err("an inode is in use after its file system has been unmounted");
		return -EBUSY;
	}
	/* Nothing makes new work for the inode task, so it ends. */
	store_once(sb->inode_task_kicked, true);
	waitq_wake_all(&sb->inode_task_wait);
	wait_event(&sb->inodes_changed, !load_once(sb->inode_task), WAIT_UNINTERRUPTIBLE,
		NO_DEADLINE, &err);
	return 0;
}

void inode_cache_settle(struct super *sb)
{
	int err;

	retry_held(sb);
	while (load_once(sb->dead_inodes.first))
		evict_dead(sb);
	wait_event(&sb->inodes_changed, !load_once(sb->nr_busy_inodes), WAIT_UNINTERRUPTIBLE,
		NO_DEADLINE, &err);
}

/* ---- reclaim ---- */

/* A slot of the bucket that may go, a reference; others lose their mark of use. */
static struct inode_slot *candidate(struct inode_bucket *const b)
{
	struct inode_slot *s;

	spin_lock(&b->lock);
	list_for_each(s, &b->chain, hash_link) {
		if (!(s->state & SLOT_USED) && obj_refs(s->inode) == 1 && s->inode->nlink &&
			!(s->state & (SLOT_DIRTY | SLOT_NEW | SLOT_GOING)))
			break;
		store_once(s->state, s->state & ~(u32)SLOT_USED);
	}
	if (s)
		(void)obj_get(s);
	spin_unlock(&b->lock);
	return s;
}

/*
 * Evicts one unused inode of the next bucket. One of each in a round, so that a candidate that
 * cannot go after all does not hold the loop. *@pages grows by the pages that it had.
 */
static bool evict_next(u64 *pages)
{
	static u32 hand; /* races cost nothing but order */
	u32 at = load_once(hand) & (inode_nr_buckets - 1);
	struct inode_slot *s = candidate(BUCKET(at));
	u64 had = 0;
	bool gone;

	store_once(hand, at + 1);
	if (s) {
		slot_lock(s);
		had = s->state & SLOT_GONE ? 0 : load_once(s->inode->pages.nr_pages);
		slot_unlock(s);
	}
	gone = s && slot_evict(s, EVICT_UNUSED);
	obj_put(&s);
	*pages += gone ? had : 0;
	return gone;
}

/* Two rounds, because the first may only clear marks; from where the last call stopped. */
u64 inode_cache_shrink(u64 nr_pages)
{
	u64 freed = 0, n = 0;
	u32 i;

	for (i = 0; i < 2 * inode_nr_buckets && atomic_load(&inode_cache_nr) &&
		freed + n / INODES_IN_A_PAGE < nr_pages;
		i++) {
		n += evict_next(&freed);
		task_cond_resched();
	}
	return freed + n / INODES_IN_A_PAGE;
}
static const struct shrinker_ops cache_shrinker = { .shrink = inode_cache_shrink };

/* Each new inode pays for a few buckets, so the hand keeps up with whoever makes them. */
void inode_cache_trim(void)
{
	u64 pages = 0;
	u32 i, n = 0;

	for (i = 0; i < TRIM_BUCKETS && n < 2 && atomic_load(&inode_cache_nr) >= inode_limit; i++)
		n += evict_next(&pages);
}

void inode_evict_init(void)
{
	struct page_stats s;

	page_get_stats(&s);
	inode_limit = s.total / LIMIT_SHARE * INODES_IN_A_PAGE;
	shrinker_register(&cache_shrinker);
}

/* ---- numbers ---- */

void inode_cache_get_stats(struct inode_cache_stats *out)
{
	struct inode_slot *s;
	u32 i;

	*out = (struct inode_cache_stats){ .inodes = atomic_load(&inode_cache_nr),
		.limit = inode_limit };
	for (i = 0; i < inode_nr_buckets; i++) {
		struct inode_bucket *const b = BUCKET(i);
		u32 n = 0;
		spin_lock(&b->lock);
		list_for_each(s, &b->chain, hash_link)
			n++;
		spin_unlock(&b->lock);
		out->longest = max(out->longest, n);
		task_cond_resched();
	}
}
