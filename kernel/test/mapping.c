// SPDX-License-Identifier: MPL-2.0
/*
 * The page cache by mapping (kernel/pagecache/) with slowfs as its client.
 *
 * The tests look at the counters of slowfs: how many reads and writes it got, how large they were,
 * and whether it saw what a right page cache never asks for (slow->wrong). To stop the world at a
 * moment, they hold the moves of the disk (slow_hold), start a task that must wait, look, and let
 * go.
 */
#include <frame/user.h>
#include <kernel/mm.h>
#include <kernel/stat.h>
#include <kernel/super.h>
#include <uapi/fs.h>
#include <uapi/mman.h>

#include "../pagecache/cache.h"
#include "slowfs.h"

/* ---- helpers ---- */

/* Files of @n pages, each filled with its number plus @seed, on the disk and not in the cache. */
static struct file *prepared(u32 n, u8 seed)
{
	struct file *f = slow_open(0, O_RDWR);
	u32 i;

	for (i = 0; f && i < n; i++) {
		if (!slow_fill(f, i, 1, (u8)(i + seed)))
			return NULL;
	}
	return f && !f->ops->fsync(f, false) && slow_forget(f) ? f : NULL;
}

static struct file *shared;    /* what the tasks of a test work on */
static struct atomic finished; /* tasks of the test that are done */

static void fsync_shared(unsigned i)
{
	(void)i;
	(void)shared->ops->fsync(shared, false);
	atomic_add(&finished, 1);
}

/* Carries out what is held, until nothing is to be held any more. */
static void keep_releasing(unsigned i)
{
	(void)i;
	while (load_once(slow->hold)) {
		slow_release();
		test_step();
		test_sleep_ms(1);
	}
	slow_release();
}

static s64 reader_saw;
static void read_shared(unsigned i)
{
	reader_saw = slow_byte(shared, i * PAGE_SIZE);
	atomic_add(&finished, 1);
}

static void sync_super(unsigned i)
{
	(void)i;
	ignore_error(super_sync(slow_mount->sb));
	atomic_add(&finished, 1);
}

/* ---- reading ---- */

/*
 * Reads one after another become few large ones. With the advice that reads are random each page is
 * read alone; the advice of one open file does not change another's.
 */
KTEST(mapping_reads_ahead)
{
	struct file *f, *g;
	u64 pos;

	KTEST_EXPECT(slow_begin());
	f = prepared(100, 1);
	KTEST_EXPECT(f);
	obj_put(&f);
	f = slow_open(0, O_RDONLY);
	slow->nr_reads = slow->largest = 0;
	for (pos = 0; pos < 100 * PAGE_SIZE; pos += 512)
		KTEST_EXPECT(slow_byte(f, pos) == (s64)(pos / PAGE_SIZE + 1));
	KTEST_EXPECT(slow->nr_reads < 10 && slow->largest == IO_PAGES);
	/* Another open file has its own window, and advice of its own. */
	KTEST_EXPECT(slow_forget(f));
	g = slow_open(0, O_RDONLY);
	file_advise(g, 0, 0, POSIX_FADV_RANDOM);
	slow->nr_reads = slow->largest = 0;
	for (pos = 0; pos < 10 * PAGE_SIZE; pos += PAGE_SIZE)
		KTEST_EXPECT(slow_byte(g, pos) == (s64)(pos / PAGE_SIZE + 1));
	KTEST_EXPECT(slow->nr_reads == 10 && slow->largest == 1);
	file_advise(g, 20 * PAGE_SIZE, 8 * PAGE_SIZE, POSIX_FADV_WILLNEED);
	KTEST_EXPECT(slow->nr_reads == 11 && slow->largest == 8);
	KTEST_EXPECT(slow_byte(f, 100 * PAGE_SIZE) == -1); /* the end */
	obj_put(&f);
	obj_put(&g);
	KTEST_EXPECT(!slow->wrong);
	slow_end();
}

/* As block_bad_sector_spoils_no_other, for a file. */
KTEST(mapping_bad_page_spoils_no_other)
{
	struct file *f;

	KTEST_EXPECT(slow_begin());
	f = prepared(32, 1);
	KTEST_EXPECT(f);
	slow->bad_block = slow_block(0, 10);
	KTEST_EXPECT(slow_byte(f, 9 * PAGE_SIZE) == 10 && slow_byte(f, 11 * PAGE_SIZE) == 12);
	KTEST_EXPECT(slow_byte(f, 10 * PAGE_SIZE) == -EIO);
	/* A part of the page cannot be written, because the rest is not known; all of it can. */
	KTEST_EXPECT(file_write_kernel(f, 10 * PAGE_SIZE, STR("part")) == -EIO);
	slow->bad_block = 0;
	KTEST_EXPECT(slow_byte(f, 10 * PAGE_SIZE) == 11);
	obj_put(&f);
	KTEST_EXPECT(!slow->wrong);
	slow_end();
}

/* Pages that were never written take no block, also after the file has been written back. */
KTEST(mapping_holes_are_zero)
{
	struct file *f;

	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	KTEST_EXPECT(f && slow_fill(f, 5, 1, 7) && slow_fill(f, 9, 1, 8));
	KTEST_EXPECT(!f->ops->fsync(f, false));
	KTEST_EXPECT(slow_forget(f));
	KTEST_EXPECT(slow_byte(f, 0) == 0 && slow_byte(f, 5 * PAGE_SIZE) == 7);
	KTEST_EXPECT(slow_byte(f, 8 * PAGE_SIZE) == 0 && slow_byte(f, 9 * PAGE_SIZE) == 8);
	KTEST_EXPECT(slow->nr_free == SLOW_BLOCKS - 3);
	obj_put(&f);
	slow_end();
}

/* ---- writing ---- */

/*
 * Dirty pages go in large writes and are counted while they are dirty. A write into the middle of a
 * page that is not in the cache reads the page first and keeps the rest of it.
 */
KTEST(mapping_writes_back)
{
	struct mapping_stats stats;
	struct file *f;
	u32 i;

	KTEST_EXPECT(slow_begin());
	f = slow_open(1, O_RDWR);
	for (i = 0; i < 64; i++)
		KTEST_EXPECT(slow_fill(f, i, 1, (u8)(i * 3)));
	KTEST_EXPECT(slow->nr_writes == 0 && slow->nr_reads == 0);
	mapping_get_stats(&stats);
	KTEST_EXPECT(stats.dirty == 64 && stats.pages >= 64);
	KTEST_EXPECT(!f->ops->fsync(f, false) && slow->nr_writes == 2);
	mapping_get_stats(&stats);
	KTEST_EXPECT(stats.dirty == 0 && stats.writing == 0);
	KTEST_EXPECT(slow_forget(f));
	for (i = 0; i < 64; i++)
		KTEST_EXPECT(slow_byte(f, i * PAGE_SIZE + 64) == (s64)(i * 3));
	/* A part of a page that is not in the cache is read, then written. */
	KTEST_EXPECT(slow_forget(f));
	KTEST_EXPECT(file_write_kernel(f, 3 * PAGE_SIZE + 100, STR("in the middle")) == 13);
	KTEST_EXPECT(!super_sync(f->inode->sb) && slow->nr_syncs == 1 && slow->nr_writes == 3);
	KTEST_EXPECT(slow_forget(f));
	KTEST_EXPECT(slow_byte(f, 3 * PAGE_SIZE) == 9 && slow_byte(f, 3 * PAGE_SIZE + 100) == -1);
	obj_put(&f);
	/* With O_SYNC it is written at once. */
	f = slow_open(1, O_RDWR | O_SYNC);
	KTEST_EXPECT(slow_fill(f, 0, 1, 1) && slow->nr_writes == 3 + PAGE_SIZE / 512);
	obj_put(&f);
	KTEST_EXPECT(!slow->wrong);
	slow_end();
}

/* The end of the mount writes pages and inode, and then evicts the inode. */
KTEST(mapping_dirty_pages_survive_an_unmount)
{
	struct slowfs *fs;
	struct file *f;

	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	KTEST_EXPECT(f && slow_fill(f, 3, 1, 9));
	obj_put(&f);
	fs = obj_get(slow);
	slow_end();
	KTEST_EXPECT(fs->nr_writes == 1 && fs->node[0].block[3] && fs->nr_syncs == 1);
	KTEST_EXPECT(fs->nr_inode_writes == 1 && fs->nr_evicted == 1);
	KTEST_EXPECT(fs->node[0].size == 4 * PAGE_SIZE);
	KTEST_EXPECT(!fs->wrong);
	obj_put(&fs);
}

/*
 * As block_write_error_is_told_once_to_each, for files: two files were open when it happened, and
 * one was opened later.
 */
KTEST(mapping_write_errors_are_told_once)
{
	struct file *f, *g, *late;

	KTEST_EXPECT(slow_begin());
	f = prepared(8, 1);
	g = slow_open(0, O_RDWR);
	KTEST_EXPECT(f && g && slow_fill(f, 2, 1, 50));
	slow->bad_block = slow_block(0, 2);
	KTEST_EXPECT(f->ops->fsync(f, false) == -EIO);
	KTEST_EXPECT(f->ops->fsync(f, false) == 0);
	late = slow_open(0, O_RDWR);
	KTEST_EXPECT(late->ops->fsync(late, false) == 0);
	KTEST_EXPECT(g->ops->fsync(g, false) == -EIO && g->ops->fsync(g, false) == 0);
	slow->bad_block = 0;
	KTEST_EXPECT(slow_fill(f, 2, 1, 51) && !f->ops->fsync(f, false));
	KTEST_EXPECT(!late->ops->fsync(late, false));
	obj_put(&f);
	obj_put(&g);
	obj_put(&late);
	slow_end();
}

/* It is no error of the medium: nothing is lost, and the next sync writes. */
KTEST(mapping_no_memory_to_write_leaves_pages_dirty)
{
	struct mapping_stats stats;
	struct file *f;

	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	KTEST_EXPECT(f && slow_fill(f, 0, 1, 1) && slow_fill(f, 1, 1, 2));
	slow->refuse_writes = 1;
	KTEST_EXPECT(f->ops->fsync(f, false) == -ENOMEM);
	mapping_get_stats(&stats);
	KTEST_EXPECT(stats.dirty == 2 && stats.writing == 0);
	KTEST_EXPECT(!f->ops->fsync(f, false) && slow_block(0, 0) && slow_block(0, 1));
	obj_put(&f);
	slow_end();
}

/* Makes the same pages dirty over and over. */
static void keep_dirtying(unsigned i)
{
	(void)i;
	while (!atomic_load(&finished)) {
		if (!slow_fill(shared, 0, 1, 1) || !slow_fill(shared, 40, 1, 2))
			return;
		test_step();
		task_cond_resched();
	}
}

/*
 * A sync is for the pages that were dirty when it began. Without that bound a task that writes all
 * the time would keep it for ever.
 */
KTEST(mapping_sync_ends_against_dirtying)
{
	KTEST_EXPECT(slow_begin());
	shared = slow_open(0, O_RDWR);
	atomic_store(&finished, 0);
	slow_hold(true);
	KTEST_EXPECT(slow_fill(shared, 0, 1, 1) && slow_fill(shared, 40, 1, 2));
	KTEST_EXPECT(test_start(keep_releasing, 0) && test_start(keep_dirtying, 0));
	KTEST_EXPECT(test_start(fsync_shared, 0) && test_until(&finished, 1));
	slow_hold(false);
	KTEST_EXPECT(test_wait() && !slow->wrong);
	obj_put(&shared);
	slow_end();
}

/* What a writer appends behind the end that a sync has found is not the sync's. */
KTEST(mapping_sync_leaves_out_what_is_appended)
{
	KTEST_EXPECT(slow_begin());
	shared = slow_open(0, O_RDWR);
	atomic_store(&finished, 0);
	KTEST_EXPECT(shared && slow_fill(shared, 0, 1, 1) && slow_fill(shared, 40, 1, 2));
	slow_mapping(shared)->io_room->max = 1;
	slow_hold(true);
	KTEST_EXPECT(test_start(fsync_shared, 0));
	while (!slow_held())
		test_sleep_ms(1);
	KTEST_EXPECT(slow_fill(shared, 100, 1, 3)); /* the sync waits to write page 40 */
	slow_hold(false);
	slow_release();
	KTEST_EXPECT(test_wait() && atomic_load(&finished) == 1);
	KTEST_EXPECT(slow_block(0, 40) && !slow_block(0, 100));
	KTEST_EXPECT(atomic_load(&slow_mapping(shared)->nr_dirty) == 1);
	obj_put(&shared);
	slow_end();
}

/* ---- limits ---- */

/* Whether the tasks of the test have not ended after a while. */
static bool still_waits(u64 ends)
{
	u64 deadline = time_mono_ns() + 200 * NSEC_PER_MSEC;

	while (atomic_load(&finished) != ends && time_mono_ns() < deadline)
		test_sleep_ms(1);
	return atomic_load(&finished) != ends;
}

/* Writes a page of each file, many times. */
static void write_files(unsigned n)
{
	u32 i, k;

	for (k = 0; k < n; k++) {
		for (i = 0; i < SLOW_FILES; i++) {
			struct file *f = slow_open(i, O_RDWR);
			if (!f || !slow_fill(f, k, 1, 1))
				return;
			obj_put(&f);
		}
	}
	atomic_add(&finished, 1);
}

/* A writer does not go on by turning dirty pages into pages that are being written. */
KTEST(mapping_throttle_counts_what_is_being_written)
{
	KTEST_EXPECT(slow_begin());
	atomic_store(&finished, 0);
	writeback_set_limit(4);
	slow_hold(true);
	KTEST_EXPECT(test_start(write_files, 8) && still_waits(1));
	KTEST_EXPECT(slow_held() >= 1 && slow_held() <= 5);
	KTEST_EXPECT(test_start(keep_releasing, 0) && test_until(&finished, 1));
	slow_hold(false);
	KTEST_EXPECT(test_wait() && !slow->wrong);
	writeback_set_limit(0);
	slow_end();
}

/* The limit of I/O in progress is that of the file system, not of each file. */
KTEST(mapping_files_share_the_room_for_io)
{
	struct file *f;

	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	atomic_store(&finished, 0);
	write_files(1);
	KTEST_EXPECT(f && atomic_load(&finished) == 1);
	slow_mapping(f)->io_room->max = 2;
	slow_hold(true);
	KTEST_EXPECT(test_start(sync_super, 0) && still_waits(2) && slow_held() == 2);
	slow_hold(false);
	slow_release();
	KTEST_EXPECT(test_wait() && atomic_load(&finished) == 2 && slow->nr_writes == SLOW_FILES);
	obj_put(&f);
	slow_end();
}

/* What nobody waits for is not read while the device has enough to do; what is read for is. */
KTEST(mapping_drops_reads_that_nobody_waits_for)
{
	KTEST_EXPECT(slow_begin());
	shared = prepared(100, 1);
	KTEST_EXPECT(shared);
	slow_mapping(shared)->io_room->max = 1;
	slow_hold(true);
	slow->nr_reads = 0;
	file_advise(shared, 0, 4 * PAGE_SIZE, POSIX_FADV_WILLNEED);
	file_advise(shared, 50 * PAGE_SIZE, 4 * PAGE_SIZE, POSIX_FADV_WILLNEED);
	KTEST_EXPECT(slow->nr_reads == 1 && slow_held() == 4);
	atomic_store(&finished, 0);
	KTEST_EXPECT(test_start(read_shared, 70));
	while (slow->nr_reads != 2)
		test_sleep_ms(1);
	slow_hold(false);
	slow_release();
	KTEST_EXPECT(test_wait() && reader_saw == 71);
	obj_put(&shared);
	slow_end();
}

/* ---- memory ---- */

/* As block_cache_gives_pages_back, for a file: the dirty page goes last and is not lost. */
KTEST(mapping_reclaims_pages)
{
	struct mapping_stats before, after;
	struct file *f;
	u64 n;
	u32 i;

	KTEST_EXPECT(slow_begin());
	f = prepared(100, 1);
	for (i = 0; i < 100; i++)
		KTEST_EXPECT(slow_byte(f, i * PAGE_SIZE) == i + 1);
	KTEST_EXPECT(slow_fill(f, 50, 1, 200));
	mapping_get_stats(&before);
	KTEST_EXPECT(before.pages >= 100 && before.dirty == 1);
	n = pagecache_reclaim(20);
	mapping_get_stats(&after);
	KTEST_EXPECT(n >= 20 && after.pages == before.pages - n && after.dirty == 1);
	while (pagecache_reclaim(1000))
		;
	mapping_get_stats(&after);
	KTEST_EXPECT(f->host->pages.nr_pages == 0 && after.dirty == 0 && after.writing == 0);
	KTEST_EXPECT(slow_byte(f, 50 * PAGE_SIZE) == 200 && slow_byte(f, 51 * PAGE_SIZE) == 52);
	obj_put(&f);
	KTEST_EXPECT(!slow->wrong);
	slow_end();
}

/* ---- truncation and holes ---- */

static void truncate_shared(unsigned i)
{
	(void)i;
	(void)slow_resize(shared, 0);
	atomic_add(&finished, 1);
}

static void punch_shared(unsigned i)
{
	(void)i;
	ignore_error(inode_punch(shared->inode, 0, 8 * PAGE_SIZE));
	atomic_add(&finished, 1);
}

/*
 * While writes of the pages are held, a cut must not free their blocks. Without the wait it ends at
 * once, and slowfs finds a block freed that is being written.
 */
static void cut_against_write_back(void (*cut)(unsigned i))
{
	u64 deadline;
	u32 i;

	KTEST_EXPECT(slow_begin());
	shared = prepared(8, 1);
	atomic_store(&finished, 0);
	for (i = 0; i < 8; i++)
		KTEST_EXPECT(slow_fill(shared, i, 1, 77));
	slow_hold(true);
	KTEST_EXPECT(test_start(fsync_shared, 0));
	while (slow_held() < 8)
		test_sleep_ms(1);
	/* Dirty again: it must not be written any more. */
	KTEST_EXPECT(slow_fill(shared, 3, 1, 78));
	KTEST_EXPECT(test_start(cut, 0));
	deadline = time_mono_ns() + 200 * NSEC_PER_MSEC;
	while (!atomic_load(&finished) && time_mono_ns() < deadline)
		test_sleep_ms(1);
	KTEST_EXPECT(!atomic_load(&finished) && slow->node[0].block[0]);
	slow_hold(false);
	slow_release();
	KTEST_EXPECT(test_wait() && atomic_load(&finished) == 2);
	KTEST_EXPECT(!slow->wrong && slow->nr_free == SLOW_BLOCKS - 1);
	KTEST_EXPECT(!slow_resize(shared, 8 * PAGE_SIZE));
	KTEST_EXPECT(slow_byte(shared, 3 * PAGE_SIZE) == 0);
	obj_put(&shared);
	slow_end();
}

/*
 * See cut_against_write_back: the blocks could belong to another file by the time when the write
 * arrives.
 */
KTEST(mapping_truncation_waits_for_write_back)
{
	cut_against_write_back(truncate_shared);
}

/* The same for a hole. */
KTEST(mapping_punch_waits_for_write_back)
{
	cut_against_write_back(punch_shared);
}

/*
 * What was cut is neither counted as dirty nor written, its space is free, and it reads as zeros
 * when the file grows again: to the byte, also in the page at the edge.
 */
KTEST(mapping_truncation_drops_dirty_pages)
{
	struct mapping_stats stats;
	struct file *f;

	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	KTEST_EXPECT(slow_fill(f, 0, 1, 1) && slow_fill(f, 1, 1, 2) && slow_fill(f, 2, 1, 3));
	KTEST_EXPECT(!slow_resize(f, PAGE_SIZE + 64));
	mapping_get_stats(&stats);
	KTEST_EXPECT(stats.dirty == 2 && slow->nr_free == SLOW_BLOCKS - 3);
	KTEST_EXPECT(!slow_resize(f, 3 * PAGE_SIZE) && !f->ops->fsync(f, false));
	KTEST_EXPECT(slow_forget(f));
	KTEST_EXPECT(slow_byte(f, PAGE_SIZE) == 2 && slow_byte(f, PAGE_SIZE + 64) == 0);
	KTEST_EXPECT(slow_byte(f, 2 * PAGE_SIZE) == 0 && slow->nr_free == SLOW_BLOCKS - 3);
	/* A size that the file system refuses changes nothing. */
	KTEST_EXPECT(slow_resize(f, (SLOW_PAGES + 1) * PAGE_SIZE) == -EFBIG);
	KTEST_EXPECT(f->inode->size == 3 * PAGE_SIZE);
	/* Parts of pages at the ends of a hole. */
	KTEST_EXPECT(slow_fill(f, 0, 1, 1) && slow_fill(f, 1, 1, 2) && slow_fill(f, 2, 1, 3));
	KTEST_EXPECT(!inode_punch(f->inode, PAGE_SIZE - 64, PAGE_SIZE + 128));
	KTEST_EXPECT(slow_byte(f, PAGE_SIZE - 128) == 1 && slow_byte(f, PAGE_SIZE - 64) == 0);
	KTEST_EXPECT(slow_byte(f, PAGE_SIZE) == 0 && slow_byte(f, 2 * PAGE_SIZE) == 0);
	KTEST_EXPECT(slow_byte(f, 2 * PAGE_SIZE + 64) == 3 && slow->nr_free == SLOW_BLOCKS - 3);
	obj_put(&f);
	KTEST_EXPECT(!slow->wrong);
	slow_end();
}

/*
 * A reader that waits for a page when it is cut gets what was there, or zeros, but not what the
 * freed block holds later; and the page does not stay in the cache.
 */

KTEST(mapping_punch_against_a_reader)
{
	KTEST_EXPECT(slow_begin());
	shared = prepared(8, 1);
	atomic_store(&finished, 0);
	slow_hold(true);
	KTEST_EXPECT(test_start(read_shared, 2));
	while (!slow_held())
		test_sleep_ms(1);
	/* The read of the block is held; the hole is made; then the block is read. */
	KTEST_EXPECT(!inode_punch(shared->inode, 0, 8 * PAGE_SIZE));
	slow_hold(false);
	slow_release();
	KTEST_EXPECT(test_wait() && reader_saw == 0);
	KTEST_EXPECT(slow_byte(shared, 2 * PAGE_SIZE) == 0 && !slow->wrong);
	obj_put(&shared);
	slow_end();
}

#define ROUNDS 300u
#define TEAM   7u
static struct atomic bad_reads;
/* Task 0 writes, 1 punches, 2 truncates, 3 syncs, 4 evicts, the others read. */
static void all_at_once(unsigned i)
{
	u64 state = i, pos;
	u32 k;
	s64 v;

	for (k = 0; k < ROUNDS; k++) {
		pos = test_random(&state) % 24;
		if (i == 0) {
			(void)slow_fill(shared, pos, 1, (u8)(pos + 1));
		} else if (i == 1) {
			ignore_error(inode_punch(shared->inode, pos * PAGE_SIZE, 3 * PAGE_SIZE));
		} else if (i == 2) {
			(void)slow_resize(shared, pos * PAGE_SIZE);
			(void)slow_resize(shared, 24 * PAGE_SIZE);
		} else if (i == 3) {
			(void)shared->ops->fsync(shared, false);
		} else if (i == 4) {
			mapping_invalidate(slow_mapping(shared));
		} else {
			v = slow_byte(shared, pos * PAGE_SIZE + 128);
			if (v > 0 && v != (s64)pos + 1)
				atomic_add(&bad_reads, 1);
		}
		test_step();
		task_cond_resched();
	}
	atomic_add(&finished, 1);
}

/*
 * Seven tasks on one file, with a disk that completes in any order: a read sees the page's own byte
 * or zero, nothing else, and at the end nothing is dirty and no block is lost.
 */
KTEST(mapping_all_at_once)
{
	struct mapping_stats stats;
	u32 i;

	KTEST_EXPECT(slow_begin());
	shared = slow_open(0, O_RDWR);
	atomic_store(&bad_reads, 0);
	slow_hold(true);
	KTEST_EXPECT(test_start(keep_releasing, 0));
	KTEST_EXPECT(shared && !slow_resize(shared, 24 * PAGE_SIZE));
	atomic_store(&finished, 0);
	for (i = 0; i < TEAM; i++)
		KTEST_EXPECT(test_start(all_at_once, i));
	KTEST_EXPECT(test_until(&finished, TEAM));
	slow_hold(false);
	KTEST_EXPECT(test_wait() && !atomic_load(&bad_reads) && !slow->wrong);
	KTEST_EXPECT(!slow_resize(shared, 0) && slow->nr_free == SLOW_BLOCKS - 1);
	mapping_get_stats(&stats);
	KTEST_EXPECT(stats.dirty == 0 && stats.writing == 0);
	obj_put(&shared);
	slow_end();
}
