// SPDX-License-Identifier: MPL-2.0
/*
 * The inode cache, for file systems whose inodes are on a disk (super_ops.read_inode): an inode is
 * found by its super and number, stays in memory when nobody uses it, and is written when it has
 * changed. Here are the table, look-ups, and how inodes are written; inode_evict.c has the way out.
 *
 * Each cached inode has a slot. The table refers to the slot and the slot to the inode, so an inode
 * in the cache has one reference more than it has users. New references to an unused inode come
 * from look-ups under the bucket's lock; walks over mappings take some for a moment
 * (pagecache/mapping.c), and do nothing with an inode that has no pages.
 *
 * The table has a bucket for each 16 pages of memory, and the hash has a secret key, so that nobody
 * can choose numbers that share a chain. The number of inodes is limited (inode_cache_trim).
 *
 * How an inode comes in. inode_get_at puts a slot in the table as SLOT_NEW and has the file system
 * fill the inode; others that look for the number wait. If that fails, the slot leaves the table,
 * and those who wait try themselves.
 *
 * How an inode is written. inode_touch, and file systems, call inode_mark_dirty after a change. The
 * slot joins the list of its super. A sync, fsync, or the inode task after some seconds clears
 * SLOT_DIRTY and calls write_inode. The marker stores the fields, then loads the state; the writer
 * stores the state, then loads the fields; both have a full barrier between. So either the marker
 * sees the bit cleared and sets it again, or the writer sees the fields. An error is recorded in
 * the mapping, or in the slot if there is none (a directory), and in the super, since the next
 * fsync must not succeed, whoever wrote the inode.
 *
 * How a sync finds all of them. While an inode is written it is not dirty, but not on the disk
 * either. So the writer puts the slot on writing_inodes, with the next number of write_serial,
 * before it takes it off dirty_inodes. A sync first writes what it finds on dirty_inodes, then
 * waits until no write is left with a number that had been given by then; a slot that it has missed
 * on the first list, it meets on the second. If a write found no memory, the inode is dirty again
 * before the write ends: nr_undone_inodes tells that to the sync, which starts over.
 *
 * Locking: the lock of a bucket guards its chain and slot.state; super.inodes_lock, inside it,
 *          guards the lists of the super. A slot is on these lists only while it is in the table,
 *          so its inode exists under either lock. No other lock is held around read_inode,
 *          write_inode and evict, except the caller's.
 */
#include <frame/page.h>
#include <frame/task.h>
#include <frame/time.h>
#include <kernel/error_seq.h>
#include <kernel/inode.h>
#include <kernel/list.h>
#include <kernel/locks.h>
#include <kernel/mapping.h>
#include <kernel/random.h>
#include <kernel/super.h>

#include "icache.h"

#define PAGES_A_BUCKET 16u

struct inode_part *inode_parts[MAX_PARTS];
u32 inode_nr_buckets;
static u64 hash_key[2];

OBJ_TYPE(inode_slot, NULL_RELEASE);
OBJ_TYPE(inode_part, NULL_RELEASE);

/* ---- the table ---- */

static struct inode_part *part_new(void)
{
	struct inode_part *p = obj_new(inode_part);
	u32 i;

	for (i = 0; p && i < PART_BUCKETS; i++)
		lock_level(&array_at(p->bucket, i)->lock, LOCK_DCACHE);
	return p;
}

/* The number of parts is a power of two. With less memory than hoped for, the table is smaller. */
int inode_cache_init(void)
{
	struct page_stats s;
	u32 parts = 1, n = 0;

	page_get_stats(&s);
	while (parts < MAX_PARTS && (u64)parts * PART_BUCKETS * PAGES_A_BUCKET < s.total)
		parts *= 2;
	while (n < parts && (*array_at(inode_parts, n) = part_new()) != NULL)
		n++;
	if (!n)
		return -ENOMEM;
	while (parts > n)
		parts /= 2;
	inode_nr_buckets = parts * PART_BUCKETS;
	hash_key[0] = random_u64();
	hash_key[1] = random_u64() | 1;
	inode_evict_init();
	return 0;
}

/*
 * A product with a random odd number: two numbers share a bucket by chance only. The second product
 * spreads numbers that follow each other in equal steps.
 */
static u32 icache_bucket_of(const struct super *sb, u64 ino)
{
	u64 h = (ino + sb->dev * 0x9e3779b97f4a7c15ul + hash_key[0]) * hash_key[1];

	h = (h ^ h >> 32) * 0x9e3779b97f4a7c15ul;
	return (u32)(h >> 32) & (inode_nr_buckets - 1);
}

void slot_lock(struct inode_slot *s)
{
	spin_lock(&BUCKET(s->bucket)->lock);
}

void slot_unlock(struct inode_slot *s)
{
	spin_unlock(&BUCKET(s->bucket)->lock);
}

/* The bucket is locked. */
static struct inode_slot *icache_find(struct inode_bucket *const b, const struct super *sb, u64 ino)
{
	struct inode_slot *s;

	list_for_each(s, &b->chain, hash_link) {
		if (s->sb == sb && s->ino == ino)
			return s;
	}
	return NULL;
}

/* The caller's references on the slot and the inode pass to the table. The bucket is locked. */
static void icache_insert(struct inode_bucket *const b, struct inode_slot *s)
{
	s->state = SLOT_NEW | SLOT_USED;
	list_push_front(&b->chain, s, hash_link);
	spin_lock(&s->sb->inodes_lock);
	list_push_front(&s->sb->inodes, s, super_link);
	spin_unlock(&s->sb->inodes_lock);
	atomic_add(&inode_cache_nr, 1);
}

void slot_clean(struct inode_slot *s)
{
	if (!(s->state & SLOT_DIRTY))
		return;
	store_once(s->state, s->state & ~(u32)SLOT_DIRTY);
	spin_lock(&s->sb->inodes_lock);
	list_remove(&s->sb->dirty_inodes, s, dirty_link);
	s->sb->nr_dirty_inodes--;
	spin_unlock(&s->sb->inodes_lock);
}

void slot_take_out(struct inode_slot *s)
{
	struct inode_bucket *const b = BUCKET(s->bucket);

	slot_clean(s);
	list_remove(&b->chain, s, hash_link);
	spin_lock(&s->sb->inodes_lock);
	list_remove(&s->sb->inodes, s, super_link);
	spin_unlock(&s->sb->inodes_lock);
	store_once(s->state, (s->state | SLOT_GONE) & ~(u32)SLOT_NEW);
	atomic_sub(&inode_cache_nr, 1);
}

void slot_begin(struct inode_slot *s, u32 state)
{
	store_once(s->state, s->state | state);
	spin_lock(&s->sb->inodes_lock);
	s->sb->nr_busy_inodes++;
	spin_unlock(&s->sb->inodes_lock);
}

void slot_end(struct inode_slot *s, u32 state)
{
	store_once(s->state, s->state & ~state);
	spin_lock(&s->sb->inodes_lock);
	s->sb->nr_busy_inodes--;
	spin_unlock(&s->sb->inodes_lock);
	waitq_wake_all(&s->sb->inodes_changed);
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
	s->bucket = icache_bucket_of(sb, number);
	return s;
}

void slot_drop(struct inode_slot *s)
{
	struct inode *ino = s->inode;

	s->inode = NULL;
	obj_put(&ino);
	obj_put(&s);
}

void slot_wait(struct inode_slot *s, u32 states)
{
	int err;

	wait_event(&s->sb->inodes_changed, !(load_once(s->state) & states), WAIT_UNINTERRUPTIBLE,
		NO_DEADLINE, &err);
	obj_put(&s);
}

/*
 * Finds the slot with that number, or puts the new one @s (consumed in any case) into the table.
 * *@found: the inode of the slot that was there, a reference; NULL: @s is in the table, as
 * SLOT_NEW. False: the number is in transition; the caller waits for *@busy, a reference, and tries
 * again.
 */
static bool find_or_insert(struct super *sb, u64 ino, struct inode_slot *s, struct inode **found,
	struct inode_slot **busy)
{
	struct inode_bucket *const b = BUCKET(icache_bucket_of(sb, ino));
	struct inode_slot *there;

	*found = NULL;
	*busy = NULL;
	spin_lock(&b->lock);
	there = icache_find(b, sb, ino);
	if (there && (there->state & (SLOT_NEW | SLOT_GOING))) {
		*busy = obj_get(there);
	} else if (there) {
		store_once(there->state, there->state | SLOT_USED);
		*found = obj_get(there->inode);
	} else if (s) {
		icache_insert(b, s);
	}
	spin_unlock(&b->lock);
	if (s && there)
		slot_drop(s);
	return !*busy;
}

/* The new inode is complete, or could not be filled. Returns @err. */
static int filled(struct inode_slot *s, int err, struct inode **out)
{
	struct inode *ino = obj_get(s->inode);

	slot_lock(s);
	if (err)
		slot_take_out(s);
	else
		store_once(s->state, s->state & ~(u32)SLOT_NEW);
	slot_unlock(s);
	waitq_wake_all(&ino->sb->inodes_changed);
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
			slot_wait(busy, SLOT_NEW | SLOT_GOING);
			continue;
		}
		if (*out)
			return 0;
		inode_cache_trim();
		s = slot_new(sb, number, 0);
		if (!s)
			return -ENOMEM;
		if (!find_or_insert(sb, number, s, out, &busy)) {
			slot_wait(busy, SLOT_NEW | SLOT_GOING);
			continue;
		}
		return *out ? 0 : filled(s, sb->ops->read_inode(s->inode), out);
	}
}

int inode_create_at(struct super *sb, u64 number, u32 mode, struct inode **out)
{
	struct inode_slot *s, *busy;

	inode_cache_trim();
	for (;;) {
		s = slot_new(sb, number, mode);
		if (!s)
			return -ENOMEM;
		if (!find_or_insert(sb, number, s, out, &busy)) {
			slot_wait(busy, SLOT_NEW | SLOT_GOING);
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

void inode_mark_dirty(struct inode *ino)
{
	struct inode_slot *s = ino->slot;
	struct super *sb = ino->sb;

	if (!s || !sb->ops->write_inode)
		return;
	/* The fields before the load of the state; see "How an inode is written". */
	memory_barrier();
	if (load_once(s->state) & (SLOT_DIRTY | SLOT_GONE))
		return;
	slot_lock(s);
	if (!(s->state & (SLOT_DIRTY | SLOT_GOING | SLOT_GONE))) {
		store_once(s->state, s->state | SLOT_DIRTY);
		s->dirty_since_ns = time_mono_ns();
		spin_lock(&sb->inodes_lock);
		list_push_back(&sb->dirty_inodes, s, dirty_link);
		sb->nr_dirty_inodes++;
		spin_unlock(&sb->inodes_lock);
	}
	slot_unlock(s);
	inode_task_start(sb);
}

void inode_mark_clean(struct inode *ino)
{
	struct inode_slot *s = ino->slot;

	if (!s)
		return;
	slot_lock(s);
	slot_clean(s);
	slot_unlock(s);
	/* The state before the fields that the caller reads. */
	memory_barrier();
}

/* The two lists are changed in the order that a sync relies on. The bucket is locked. */
static void begin_write(struct inode_slot *s)
{
	struct super *sb = s->sb;

	spin_lock(&sb->inodes_lock);
	s->write_serial = ++sb->write_serial;
	list_push_back(&sb->writing_inodes, s, writing_link);
	spin_unlock(&sb->inodes_lock);
	slot_begin(s, SLOT_WRITING);
	slot_clean(s);
}

static void end_write(struct inode_slot *s)
{
	struct super *sb = s->sb;

	slot_lock(s);
	spin_lock(&sb->inodes_lock);
	list_remove(&sb->writing_inodes, s, writing_link);
	spin_unlock(&sb->inodes_lock);
	slot_end(s, SLOT_WRITING);
	slot_unlock(s);
}

/* The inode is dirty before the count, and the count changes before the write ends. */
static void write_undone(struct inode *ino)
{
	struct super *sb = ino->sb;

	inode_mark_dirty(ino);
	spin_lock(&sb->inodes_lock);
	store_once(sb->nr_undone_inodes, sb->nr_undone_inodes + 1);
	spin_unlock(&sb->inodes_lock);
}

/*
 * The inode stays dirty if it can be tried again; any other error has lost what was to be written.
 */
static void write_failed(struct inode *ino, int err)
{
	if (error_is_passing(err) && !super_is_aborted(ino->sb))
		write_undone(ino);
	else if (ino->mapping)
		mapping_error_note(ino->mapping, err);
	else {
		error_seq_note(&ino->slot->error_seq, err);
		super_error_note(ino->sb, err);
	}
}

u64 inode_error_sample(const struct inode *ino)
{
	return ino->mapping ? mapping_error_sample(ino->mapping)
		: ino->slot ? error_seq_sample(&ino->slot->error_seq)
			    : 0;
}

int inode_error_check(struct inode *ino, u64 *seen)
{
	return ino->mapping ? mapping_error_check(ino->mapping, seen)
		: ino->slot ? error_seq_check(&ino->slot->error_seq, seen)
			    : 0;
}

/* A second writer waits for the first, because a caller of fsync relies on the result. */
int inode_write(struct inode *ino)
{
	struct inode_slot *s = ino->slot;
	bool mine;
	int err;

	if (!s || !ino->sb->ops->write_inode)
		return 0;
	for (;;) {
		slot_lock(s);
		mine = !(s->state & SLOT_WRITING);
		if (mine && !(s->state & SLOT_DIRTY)) {
			slot_unlock(s);
			return 0;
		}
		if (mine)
			begin_write(s);
		slot_unlock(s);
		if (mine)
			break;
		slot_wait(obj_get(s), SLOT_WRITING);
	}
	memory_barrier();
	err = super_is_aborted(ino->sb) ? -EIO : ino->sb->ops->write_inode(ino);
	/* Whoever waits for the end of the write finds the error, or the inode dirty again. */
	if (err)
		write_failed(ino, err);
	end_write(s);
	return err == -EINTR ? -EAGAIN : err;
}

/* The first dirty inode, a reference, if it is dirty since before that time. */
static struct inode *first_dirty(struct super *sb, u64 before_ns, bool *more)
{
	struct inode_slot *s;
	struct inode *ino = NULL;

	spin_lock(&sb->inodes_lock);
	s = list_first(&sb->dirty_inodes);
	*more = s && s->dirty_since_ns <= before_ns;
	if (*more)
		(void)obj_get(s);
	spin_unlock(&sb->inodes_lock);
	if (!*more)
		return NULL;
	/* Only under the bucket's lock is the inode kept from being evicted. */
	slot_lock(s);
	if (s->state & SLOT_DIRTY)
		ino = obj_get(s->inode);
	slot_unlock(s);
	obj_put(&s);
	return ino;
}

/*
 * Those that become dirty meanwhile join the list at its end and are not counted, so the loop ends.
 * The list is in the order of time. inode_put_name, because the inode may have lost its last name
 * while it was written.
 */
int super_write_inodes(struct super *sb, u64 before_ns)
{
	u64 n = load_once(sb->nr_dirty_inodes);
	int err = 0, e;
	bool more = true;

	while (n-- > 0) {
		struct inode *ino = first_dirty(sb, before_ns, &more);

		if (!more)
			break;
		if (!ino)
			continue;
		e = inode_write(ino);
		err = err ? err : e;
		inode_put_name(&ino);
		task_cond_resched();
	}
	return err;
}

/* Whether a write is in progress that has begun at that number or earlier. */
static bool is_writing(struct super *sb, u64 serial)
{
	struct inode_slot *s;
	bool there;

	spin_lock(&sb->inodes_lock);
	s = list_first(&sb->writing_inodes);
	there = s && s->write_serial <= serial;
	spin_unlock(&sb->inodes_lock);
	return there;
}

/* Writes that begin later are not waited for, so the wait ends. */
static void wait_inode_writes(struct super *sb)
{
	u64 serial;
	int err;

	spin_lock(&sb->inodes_lock);
	serial = sb->write_serial;
	spin_unlock(&sb->inodes_lock);
	wait_event(&sb->inodes_changed, !is_writing(sb, serial), WAIT_UNINTERRUPTIBLE, NO_DEADLINE,
		&err);
}

#define SYNC_TRIES 4u

int super_sync_inodes(struct super *sb)
{
	u32 i;

	for (i = 0; i < SYNC_TRIES; i++) {
		u64 undone = load_once(sb->nr_undone_inodes);
		int err = super_write_inodes(sb, ~0ul);
		wait_inode_writes(sb);
		if (err || load_once(sb->nr_undone_inodes) == undone)
			return err;
	}
	return -ENOMEM;
}
