// SPDX-License-Identifier: MPL-2.0
/*
 * The end of file systems, their errors, and how they become read-only (kernel/fs/super.c,
 * remount.c, inode_evict.c), with slowfs.
 *
 * slowfs counts the calls of its super's operations, and notes any that come after its end or while
 * another must not be in progress (slow->wrong). The kernel's own tasks for inodes and pages run
 * meanwhile; test_hurry makes them quick, or keeps them from coming in between.
 */
#include <kernel/error_seq.h>
#include <kernel/locks.h>
#include <kernel/super.h>
#include <uapi/fs.h>

#include "slowfs.h"

static bool put_bytes(struct file *f, u64 pos)
{
	return f && file_write_kernel(f, pos, STR("some bytes")) == 10;
}

/* Opens a file and deletes it; its last user is the caller. */
static struct file *open_deleted(u32 n)
{
	struct file *f = slow_open(n, O_RDWR);

	if (f)
		inode_set_nlink(f->inode, 0);
	return f;
}

/* ---- the end ---- */

static struct atomic nr_put;

static void put_mount(unsigned i)
{
	(void)i;
	mount_put_wait(&slow_mount);
	atomic_add(&nr_put, 1);
}

/* Longer than the end, in a hurry, waits for an inode that makes no step forward. */
#define WATCH_NS NSEC_PER_SEC

/*
 * A deleted file is being evicted by another task: the file system is asked for nothing after its
 * end.
 */
KTEST(super_end_waits_for_an_eviction)
{
	u64 until;
	struct file *f;

	KTEST_EXPECT(slow_begin());
	test_hurry(false);
	f = open_deleted(0);
	KTEST_EXPECT(put_bytes(f, 0));
	slow->hold_evicts = true;
	obj_put(&f);
	KTEST_EXPECT(test_until(&slow->nr_inside, 1));
	KTEST_EXPECT(test_start(put_mount, 0));
	for (until = time_mono_ns() + WATCH_NS;
		time_mono_ns() < until && !load_once(slow->nr_killed);)
		test_sleep_ms(10);
	KTEST_EXPECT(!load_once(slow->nr_killed));
	store_once(slow->hold_evicts, false);
	KTEST_EXPECT(test_wait() && slow->nr_killed == 1 && slow->nr_evicted == 1);
	KTEST_EXPECT(!slow->wrong);
	test_unhurry();
	obj_put(&slow);
}

static void put_elsewhere(unsigned i)
{
	(void)i;
	obj_put(&slow_mount);
	atomic_add(&nr_put, 1);
}

/* The last reference may be dropped in munmap: the disk is not waited for. */
KTEST(super_last_put_does_not_wait)
{
	static struct rwlock like_mm;
	struct super *sb;
	struct file *f;

	KTEST_EXPECT(slow_begin());
	sb = obj_get(slow_mount->sb);
	f = slow_open(0, O_RDWR);
	KTEST_EXPECT(put_bytes(f, 0));
	obj_put(&f);
	slow_hold(true);
	atomic_store(&nr_put, 0);
	KTEST_EXPECT(test_start(put_elsewhere, 0));
	KTEST_EXPECT(test_until(&nr_put, 1) && !slow->nr_killed);
	slow_hold(false);
	slow_release();
	KTEST_EXPECT(test_wait());
	super_wait_end(sb);
	KTEST_EXPECT(slow->nr_killed == 1 && slow->node[0].size == 10 && sb->dead);
	obj_put(&sb);
	obj_put(&slow);
	/* Nor is any lock taken: a debug build checks the order. */
	KTEST_EXPECT(slow_begin());
	sb = obj_get(slow_mount->sb);
	lock_level(&like_mm, LOCK_MM);
	rwlock_write_lock(&like_mm);
	obj_put(&slow_mount);
	rwlock_write_unlock(&like_mm);
	super_wait_end(sb);
	KTEST_EXPECT(slow->nr_killed == 1);
	obj_put(&sb);
	obj_put(&slow);
}

/* A super that is newer than that of slowfs, so a sync comes to it first, and waits there. */
static struct atomic in_sync, may_go_on;
static int wait_in_sync(struct super *sb)
{
	(void)sb;
	atomic_store(&in_sync, 1);
	return test_until(&may_go_on, 1) ? 0 : -EIO;
}
static const struct super_ops waiting_ops = { .sync_fs = wait_in_sync };
static const struct fs_type waiting_type = { .name = LIT("waiting"), .nodev = true };

static void sync_all(unsigned i)
{
	(void)i;
	ignore_error(fs_sync_all());
}

/*
 * The sync stands on another super meanwhile. When it comes to the one that has ended, it leaves it
 * alone.
 */
KTEST(super_sync_meets_an_end)
{
	struct super *sb, *newer;
	u32 syncs;

	KTEST_EXPECT(slow_begin());
	sb = obj_get(slow_mount->sb); /* so it stays among those that a sync visits */
	newer = super_new(&waiting_type, &waiting_ops);
	KTEST_EXPECT(newer != NULL);
	atomic_store(&in_sync, 0);
	atomic_store(&may_go_on, 0);
	KTEST_EXPECT(test_start(sync_all, 0) && test_until(&in_sync, 1));
	mount_put_wait(&slow_mount);
	syncs = slow->nr_syncs;
	KTEST_EXPECT(slow->nr_killed == 1 && syncs);
	atomic_store(&may_go_on, 1);
	KTEST_EXPECT(test_wait() && slow->nr_syncs == syncs && !slow->wrong);
	obj_put(&newer);
	obj_put(&sb);
	obj_put(&slow);
}

/* ---- deleted files ---- */

static void sync_pages(unsigned i)
{
	(void)i;
	ignore_error(pagecache_sync(slow_mount->sb));
}

/*
 * The file is deleted while a sync of its pages holds the inode. That another file has been evicted
 * shows that the inode task has met the first one.
 */
KTEST(icache_frees_what_a_walk_held)
{
	struct file *f, *g;

	KTEST_EXPECT(slow_begin());
	test_hurry(false);
	f = open_deleted(0);
	g = open_deleted(1);
	KTEST_EXPECT(put_bytes(f, 0) && g);
	slow_hold(true);
	KTEST_EXPECT(test_start(sync_pages, 0));
	while (!slow_held())
		test_sleep_ms(1);
	obj_put(&f);
	obj_put(&g);
	KTEST_EXPECT(slow_reaches(&slow->nr_evicted, 1));
	KTEST_EXPECT(load_once(slow->nr_evicted) == 1);
	slow_hold(false);
	slow_release();
	KTEST_EXPECT(test_wait() && slow_reaches(&slow->nr_evicted, 2));
	KTEST_EXPECT(slow->nr_free == SLOW_BLOCKS - 1 && !slow->wrong);
	test_unhurry();
	slow_end();
}

/* ---- errors ---- */

/* What the next syncfs of an open file says besides its own error. */
static int told_by_syncfs(struct file *f)
{
	return error_seq_check(&f->inode->sb->errors->value, &f->sb_error_seen);
}

/*
 * An error that nobody waited for: once to fsync of that file, and once to syncfs of each open file
 * of the file system. The same for errors of sync(2) and of pages.
 */
KTEST(super_tells_errors_of_inodes)
{
	struct file *f, *g;

	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	g = slow_open(1, O_RDWR);
	KTEST_EXPECT(put_bytes(f, 0) && g);
	slow->inode_error = -EIO;
	ignore_error(super_write_inodes(slow_mount->sb, ~0ul)); /* as the inode task does */
	slow->inode_error = 0;
	KTEST_EXPECT(f->ops->fsync(f, false) == -EIO && f->ops->fsync(f, false) == 0);
	KTEST_EXPECT(g->ops->fsync(g, false) == 0);
	KTEST_EXPECT(told_by_syncfs(g) == -EIO && told_by_syncfs(g) == 0);
	KTEST_EXPECT(told_by_syncfs(f) == -EIO && told_by_syncfs(f) == 0);
	/* Errors of sync(2), and of pages. */
	slow->sync_error = -ENOSPC;
	ignore_error(fs_sync_all());
	slow->sync_error = 0;
	KTEST_EXPECT(told_by_syncfs(f) == -ENOSPC && told_by_syncfs(g) == -ENOSPC);
	KTEST_EXPECT(put_bytes(f, 0) && !f->ops->fsync(f, false) && told_by_syncfs(f) == 0);
	slow->bad_block = slow_block(0, 0);
	KTEST_EXPECT(put_bytes(f, 0) && f->ops->fsync(f, false) == -EIO);
	KTEST_EXPECT(told_by_syncfs(g) == -EIO);
	obj_put(&f);
	obj_put(&g);
	slow_end();
}

/*
 * A file system that has found itself broken: nothing can be written any more, dirty pages are
 * dropped and the loss is told, no file opens for writing, and it cannot be made writable again.
 */
KTEST(super_aborted_gives_up)
{
	struct file *f, *g;

	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	KTEST_EXPECT(put_bytes(f, 0));
	slow->refuse_writes = 1000; /* -ENOMEM for ever: the pages would stay dirty */
	KTEST_EXPECT(f->ops->fsync(f, false) == -ENOMEM);
	super_abort(slow_mount->sb, -EIO);
	KTEST_EXPECT(file_write_kernel(f, 0, STR("x")) == -EIO);
	/* Begun, and over: what the write has found would mean that they are still dirty. */
	KTEST_EXPECT(mapping_write(slow_mapping(f), 0, ~0ul, ~0ul, false) > 0);
	KTEST_EXPECT(f->ops->fsync(f, false) == -EIO);
	KTEST_EXPECT((s64)atomic_load(&slow_mapping(f)->nr_dirty) == 0);
	KTEST_EXPECT(told_by_syncfs(f) == -EIO);
	g = slow_open(1, O_RDWR);
	KTEST_EXPECT(!g && mount_is_readonly(slow_mount));
	obj_put(&f);
	KTEST_EXPECT(mount_set_flags(slow_mount, 0, CSPAN_NONE) == -EROFS);
	slow_end();
}

/* ---- read-only ---- */

/*
 * Not while a file is open for writing, a change is in progress, or a deleted file waits for its
 * end; and when the file system refuses, nothing changes.
 */
KTEST(super_becomes_readonly)
{
	struct file *f, *g;

	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	KTEST_EXPECT(put_bytes(f, 0));
	KTEST_EXPECT(mount_set_flags(slow_mount, MS_RDONLY, CSPAN_NONE) == -EBUSY);
	KTEST_EXPECT(!mount_is_readonly(slow_mount) && !slow->nr_remounts);
	obj_put(&f);
	/* All is written when the file system is told, with the new flags. */
	KTEST_EXPECT(mount_set_flags(slow_mount, MS_RDONLY, CSPAN_NONE) == 0);
	KTEST_EXPECT(slow->nr_remounts == 1 && (slow->remount_flags & MS_RDONLY));
	KTEST_EXPECT(slow->writes_at_remount == 1 && slow->node[0].size == 10 && slow->nr_syncs);
	KTEST_EXPECT(mount_is_readonly(slow_mount) && !slow_open(0, O_RDWR));
	KTEST_EXPECT(mount_begin_write(slow_mount) == -EROFS);
	KTEST_EXPECT(mount_set_flags(slow_mount, 0, CSPAN_NONE) == 0);
	KTEST_EXPECT(slow->nr_remounts == 2 && !(slow->remount_flags & MS_RDONLY));
	/* It refuses: all stays as it was. */
	slow->remount_error = -EINVAL;
	KTEST_EXPECT(mount_set_flags(slow_mount, MS_RDONLY, CSPAN_NONE) == -EINVAL);
	KTEST_EXPECT(!mount_is_readonly(slow_mount));
	slow->remount_error = 0;
	/* A change in progress, and a deleted file. */
	KTEST_EXPECT(mount_begin_write(slow_mount) == 0);
	KTEST_EXPECT(mount_set_flags(slow_mount, MS_RDONLY, CSPAN_NONE) == -EBUSY);
	mount_end_write(slow_mount);
	g = slow_open(1, O_RDONLY);
	KTEST_EXPECT(g != NULL);
	inode_set_nlink(g->inode, 0);
	KTEST_EXPECT(mount_set_flags(slow_mount, MS_RDONLY, CSPAN_NONE) == -EBUSY);
	obj_put(&g);
	KTEST_EXPECT(slow_reaches(&slow->nr_evicted, 1));
	while (atomic_load(&slow_mount->sb->nr_removed))
		test_sleep_ms(1);
	KTEST_EXPECT(mount_set_flags(slow_mount, MS_RDONLY, CSPAN_NONE) == 0);
	slow_end();
}

/* ---- many inodes ---- */

static int read_any(struct inode *ino)
{
	ino->mode = S_IFREG | 0600;
	return 0;
}
static const struct super_ops many_ops = { .read_inode = read_any };
static const struct fs_type many_type = { .name = LIT("many"), .nodev = true };

/*
 * More inodes than the cache takes, with numbers that shared one bucket when the hash was a product
 * with the golden ratio: multiples of its inverse.
 */
KTEST(icache_is_bounded_and_spread)
{
	struct super *sb = super_new(&many_type, &many_ops);
	struct inode_cache_stats s;
	struct inode *ino;
	u64 i;

	KTEST_EXPECT(sb != NULL && super_hold(sb));
	inode_cache_get_stats(&s);
	for (i = 0; i < s.limit + 2000; i++) {
		KTEST_EXPECT(!inode_get_at(sb, i * 0xf1de83e19937733dul, &ino));
		obj_put(&ino);
		if (i % 256 == 0)
			task_cond_resched();
	}
	inode_cache_get_stats(&s);
	KTEST_EXPECT(s.inodes <= s.limit + 100 && s.inodes > s.limit / 2);
	KTEST_EXPECT(s.longest < 100);
	super_unhold(sb);
	super_wait_end(sb);
	inode_cache_get_stats(&s);
	KTEST_EXPECT(s.inodes == 0);
	obj_put(&sb);
}
