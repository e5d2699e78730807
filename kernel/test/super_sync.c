// SPDX-License-Identifier: MPL-2.0
/*
 * What a sync, a remount and the end of a super write and wait for (kernel/fs/icache.c, remount.c,
 * inode_evict.c), with slowfs.
 *
 * A task that must wait is known to wait when it sleeps and does not wake (has_come_to_rest): a
 * time-out would only show that it is slow.
 */
#include <kernel/error_seq.h>
#include <kernel/super.h>
#include <uapi/fs.h>

#include "slowfs.h"

static bool put_bytes(struct file *f, u64 pos)
{
	return f && file_write_kernel(f, pos, STR("some bytes")) == 10;
}

static struct file *shared;
static struct atomic finished;
static int sync_result;

static void write_inode(unsigned i)
{
	(void)i;
	ignore_error(inode_write(shared->inode));
}

static void sync_super(unsigned i)
{
	(void)i;
	sync_result = super_sync(slow_mount->sb);
	atomic_add(&finished, 1);
}

/*
 * Whether the task sleeps, or has ended: what it is to wait for is there, so it has come as far as
 * it comes. Short sleeps on the way do not count.
 */
static bool has_come_to_rest(struct task *t)
{
	u32 seen = 0, i;

	for (i = 0; i < 10000 && seen < 20 && !atomic_load(&finished); i++) {
		seen = task_is_uninterruptible(t) ? seen + 1 : 0;
		test_sleep_ms(1);
	}
	return seen == 20 || atomic_load(&finished);
}

/* A write of the inode of file 0 is held, and a sync begins. @refuse: then the write fails. */
static bool sync_meets_a_write(u32 refuse)
{
	struct task *t = test_task(sync_super, 0);
	bool good;

	shared = slow_open(0, O_RDWR);
	atomic_store(&finished, 0);
	slow->hold_inode_writes = true;
	slow->refuse_inode_writes = refuse;
	if (!t || !put_bytes(shared, 0) || !test_start(write_inode, 0) ||
		!test_until(&slow->nr_inode_writers, 1))
		return false;
	task_start(t);
	good = has_come_to_rest(t);
	store_once(slow->hold_inode_writes, false);
	task_put(&t);
	return good && test_wait() && test_until(&finished, 1);
}

/*
 * Another task writes the inode, so it is not dirty any more, and not yet on the disk: the sync
 * waits, and does not write it again.
 */
KTEST(super_sync_waits_for_inodes_that_are_written)
{
	KTEST_EXPECT(slow_begin() && sync_meets_a_write(0));
	KTEST_EXPECT(!sync_result && !slow->sync_early && slow->nr_syncs == 1);
	KTEST_EXPECT(slow->node[0].size == 10 && slow->nr_inode_writes == 1);
	obj_put(&shared);
	slow_end();
}

/* The other task's write finds no memory: the sync writes the inode itself. */
KTEST(super_sync_writes_what_another_could_not)
{
	KTEST_EXPECT(slow_begin() && sync_meets_a_write(1));
	KTEST_EXPECT(!sync_result && !slow->sync_early);
	KTEST_EXPECT(slow->node[0].size == 10 && slow->nr_inode_writes == 2);
	obj_put(&shared);
	slow_end();
}

/* An inode that becomes dirty behind the last sync is written before it is evicted. */
KTEST(super_end_writes_what_became_dirty)
{
	struct super *sb;
	struct file *f;
	u64 seen = 0;

	KTEST_EXPECT(slow_begin());
	sb = obj_get(slow_mount->sb);
	f = slow_open(0, O_RDWR);
	KTEST_EXPECT(put_bytes(f, 0));
	obj_put(&f);
	slow->touch_at_sync = 2;
	mount_put_wait(&slow_mount);
	KTEST_EXPECT(slow->nr_killed == 1 && slow->nr_inode_writes == 2 && slow->nr_evicted == 1);
	KTEST_EXPECT(sb->dead && !error_seq_check(&sb->errors->value, &seen) && !slow->wrong);
	obj_put(&sb);
	obj_put(&slow);
}

/* Unmounts a file system with a file that has a dirty page and is dirty. */
static struct super *end_with_dirty_file(void)
{
	struct super *sb = obj_get(slow_mount->sb);
	struct file *f = slow_open(0, O_RDWR);
	bool good = put_bytes(f, 0);

	obj_put(&f);
	mount_put_wait(&slow_mount);
	if (!good || slow->nr_killed != 1 || !sb->dead)
		obj_put(&sb);
	return sb;
}

/* What cannot be written does not keep the end for ever, and is not lost without a word. */
KTEST(super_end_gives_up_what_cannot_be_written)
{
	struct super *sb;
	u64 seen = 0;

	KTEST_EXPECT(slow_begin());
	test_hurry(false);
	slow->refuse_writes = ~0u;
	sb = end_with_dirty_file();
	KTEST_EXPECT(sb && slow->nr_evicted == 1);
	KTEST_EXPECT(error_seq_check(&sb->errors->value, &seen) == -EIO);
	obj_put(&sb);
	obj_put(&slow);
	/* The inode alone. */
	KTEST_EXPECT(slow_begin());
	slow->refuse_inode_writes = ~0u;
	sb = end_with_dirty_file();
	seen = 0;
	KTEST_EXPECT(sb && slow->nr_evicted == 1 && slow->nr_writes == 1 && !slow->node[0].size);
	KTEST_EXPECT(error_seq_check(&sb->errors->value, &seen) == -EIO);
	test_unhurry();
	obj_put(&sb);
	obj_put(&slow);
}

/*
 * An inode becomes dirty while the remount syncs: it is written, too, before the file system is
 * told. One that cannot be written keeps the mount writable.
 */
KTEST(super_remount_leaves_nothing_dirty)
{
	struct file *f;

	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	KTEST_EXPECT(put_bytes(f, 0));
	obj_put(&f);
	slow->touch_at_sync = 2;
	KTEST_EXPECT(mount_set_flags(slow_mount, MS_RDONLY, CSPAN_NONE) == 0);
	KTEST_EXPECT(slow->nr_remounts == 1 && !slow->remount_early && slow->nr_inode_writes == 2);
	/* What finds no memory is still dirty: the file system cannot be read-only yet. */
	KTEST_EXPECT(mount_set_flags(slow_mount, 0, CSPAN_NONE) == 0);
	f = slow_open(0, O_RDWR);
	KTEST_EXPECT(put_bytes(f, 20));
	obj_put(&f);
	slow->refuse_inode_writes = ~0u;
	KTEST_EXPECT(mount_set_flags(slow_mount, MS_RDONLY, CSPAN_NONE) == -ENOMEM);
	KTEST_EXPECT(!mount_is_readonly(slow_mount) && slow->nr_remounts == 2);
	slow->refuse_inode_writes = 0;
	KTEST_EXPECT(mount_set_flags(slow_mount, MS_RDONLY, CSPAN_NONE) == 0);
	KTEST_EXPECT(!slow->remount_early && slow->node[0].size == 30);
	slow_end();
}

/*
 * A deleted file is being evicted, its page still dirty: the evicting task waits for the lock of
 * the inode, which the test holds. Whoever writes back all pages then leaves that one alone: the
 * file system may be through with the inode, or gone.
 */
KTEST(super_walks_leave_evicted_inodes_alone)
{
	struct file *f;
	struct inode *ino;

	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	KTEST_EXPECT(put_bytes(f, 0));
	ino = f->inode;
	rwlock_write_lock(&ino->lock);
	inode_set_nlink(ino, 0);
	obj_put(&f);
	while (!inode_is_going(ino))
		test_sleep_ms(1);
	ignore_error(pagecache_sync(NULL));
	ignore_error(pagecache_sync(slow_mount->sb));
	while (pagecache_reclaim(1000))
		;
	KTEST_EXPECT(!slow->nr_prepares && !slow->nr_writes && !slow->nr_evicted);
	rwlock_write_unlock(&ino->lock);
	KTEST_EXPECT(slow_reaches(&slow->nr_evicted, 1) && slow->nr_free == SLOW_BLOCKS - 1);
	slow_end();
}

/*
 * Inodes are evicted at their end against walks that write: each walk has an inode to itself or
 * skips it, so nothing is asked of a file system that is gone.
 */
static struct atomic over;
static void walk_and_write(unsigned i)
{
	(void)i;
	while (!atomic_load(&over)) {
		ignore_error(pagecache_sync(NULL));
		test_step();
		task_cond_resched();
	}
}

/* Thirty file systems, one after the other, each with deleted files and others. */
KTEST(super_ends_against_walks)
{
	struct file *f;
	u32 k, i;

	atomic_store(&over, 0);
	KTEST_EXPECT(test_start(walk_and_write, 0) && test_start(walk_and_write, 1));
	for (k = 0; k < 30; k++) {
		KTEST_EXPECT(slow_begin());
		for (i = 0; i < SLOW_FILES; i++) {
			f = slow_open(i, O_RDWR);
			KTEST_EXPECT(put_bytes(f, 0));
			if (i % 2)
				inode_set_nlink(f->inode, 0);
			obj_put(&f);
		}
		mount_put_wait(&slow_mount);
		KTEST_EXPECT(slow->nr_killed == 1 && slow->nr_evicted == SLOW_FILES);
		KTEST_EXPECT(!slow->wrong);
		obj_put(&slow);
	}
	atomic_store(&over, 1);
	KTEST_EXPECT(test_wait());
}

/* While the disk of one file system hangs, another one is unmounted. */
KTEST(super_ends_hold_up_no_other)
{
	struct slowfs *hangs;
	struct super *sb;
	struct file *f;

	KTEST_EXPECT(slow_begin());
	sb = obj_get(slow_mount->sb);
	f = slow_open(0, O_RDWR);
	KTEST_EXPECT(f != NULL);
	obj_put(&f);
	slow->hold_evicts = true;
	obj_put(&slow_mount);
	KTEST_EXPECT(test_until(&slow->nr_inside, 1));
	hangs = slow;
	KTEST_EXPECT(slow_begin());
	slow_end();
	KTEST_EXPECT(!load_once(hangs->nr_killed));
	store_once(hangs->hold_evicts, false);
	super_wait_end(sb);
	KTEST_EXPECT(hangs->nr_killed == 1 && !hangs->wrong);
	obj_put(&hangs);
	obj_put(&sb);
}
