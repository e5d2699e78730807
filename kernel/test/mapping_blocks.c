// SPDX-License-Identifier: MPL-2.0
/*
 * The page cache with a client whose blocks are smaller than a page (kernel/test/slowfs.c).
 *
 * A page has four blocks here, so what a page says of itself (dirty, being written) is not true of
 * each of its blocks.
 */
#include <frame/user.h>
#include <kernel/mm.h>
#include <kernel/stat.h>
#include <kernel/uio.h>
#include <uapi/fs.h>

#include "slowfs.h"

#define BLOCK ((u64)SLOW_SMALL)

static struct file *f;
static struct atomic finished; /* tasks of the test that are done */

static bool begin(void)
{
	if (!slow_begin_small())
		return false;
	f = slow_open(0, O_RDWR);
	atomic_store(&finished, 0);
	return f;
}

static void end(void)
{
	obj_put(&f);
	KTEST_EXPECT(!slow->wrong);
	slow_end();
}

/* Stores to the mapping, as far as it may without a fault. */
static bool store(u64 off)
{
	u8 x[64];

	span_fill(span_of(x), 'x');
	return user_copy_out(UADDR(slow_at + off), cspan_of(x)) == sizeof(x);
}

static bool store_after_fault(u64 off)
{
	return mm_fault(slow_mm, slow_at + off, VM_WRITE) == FAULT_DONE && store(off);
}

static bool forget_clean(void)
{
	return !f->ops->fsync(f, false) && slow_forget(f);
}

/* One page is made of several blocks, in any order on the disk, and of holes. */
KTEST(blocks_of_a_page)
{
	KTEST_EXPECT(begin() && slow_fill(f, 0, 1, 1) && slow_fill(f, 2, 3, 3));
	KTEST_EXPECT(slow_fill(f, 7, 1, 8));
	KTEST_EXPECT(slow->nr_free == SLOW_BLOCKS - 1 - 5 && forget_clean());
	KTEST_EXPECT(slow_block(0, 0) && !slow_block(0, 1));
	KTEST_EXPECT(slow_block(0, 4) && !slow_block(0, 5));
	KTEST_EXPECT(slow_byte(f, 0) == 1 && slow_byte(f, BLOCK) == 0);
	KTEST_EXPECT(slow_byte(f, 2 * BLOCK) == 3 && slow_byte(f, 4 * BLOCK) == 3);
	KTEST_EXPECT(slow_byte(f, 6 * BLOCK) == 0 && slow_byte(f, 7 * BLOCK) == 8);
	end();
}

/* A copy that fails leaves no space reserved. */
KTEST(blocks_of_a_write_that_fails)
{
	struct uio u = uio_user(UADDR(VM_USER_MIN), 4 * BLOCK);
	u64 pos = 4 * BLOCK;

	KTEST_EXPECT(begin() && f->ops->write(f, &u, &pos) == -EFAULT);
	KTEST_EXPECT(slow->nr_free == SLOW_BLOCKS - 1 && f->inode->size == 0);
	/* One that ends in the middle keeps what it has written. */
	KTEST_EXPECT(slow_fill(f, 0, 8, 1) && slow_map(f, 2 * PAGE_SIZE));
	KTEST_EXPECT(mm_fault(slow_mm, slow_at, VM_READ) == FAULT_DONE);
	KTEST_EXPECT(!mm_unmap(slow_mm, slow_at + PAGE_SIZE, 1));
	u = uio_user(UADDR(slow_at + PAGE_SIZE - BLOCK), 4 * BLOCK);
	pos = 12 * BLOCK;
	KTEST_EXPECT(f->ops->write(f, &u, &pos) == (ssize_t)BLOCK);
	KTEST_EXPECT(f->inode->size == 13 * BLOCK && slow->nr_free == SLOW_BLOCKS - 1 - 9);
	slow_unmap();
	KTEST_EXPECT(forget_clean() && slow_byte(f, 12 * BLOCK) == 1);
	end();
}

/*
 * The size covers a page before the page can be written: the client writes nothing behind the end.
 */
KTEST(blocks_of_an_append_are_written)
{
	KTEST_EXPECT(begin() && slow_fill(f, 0, 1, 1));
	writeback_set_limit(1);
	/* The writer writes its own pages. */
	KTEST_EXPECT(slow_fill(f, 1, 3, 2) && slow_fill(f, 4, 4, 3));
	writeback_set_limit(0);
	KTEST_EXPECT(slow->nr_writes && forget_clean());
	KTEST_EXPECT(slow_byte(f, BLOCK) == 2 && slow_byte(f, 4 * BLOCK - 64) == 2);
	KTEST_EXPECT(slow_byte(f, 5 * BLOCK) == 3);
	end();
}

/* ---- stores through mappings ---- */

/* That a page is dirty says nothing of its other blocks. */
KTEST(blocks_that_a_store_needs)
{
	KTEST_EXPECT(begin() && !slow_resize(f, 4 * BLOCK) && slow_fill(f, 0, 1, 1));
	KTEST_EXPECT(slow_map(f, PAGE_SIZE) && store_after_fault(3 * BLOCK));
	KTEST_EXPECT(slow->nr_mkwrites == 1 && slow->nr_free == SLOW_BLOCKS - 1 - 4);
	KTEST_EXPECT(store_after_fault(BLOCK) && slow->nr_mkwrites == 1);
	slow_unmap();
	KTEST_EXPECT(forget_clean() && slow_byte(f, 0) == 1);
	KTEST_EXPECT(slow_byte(f, BLOCK) == 'x' && slow_byte(f, 3 * BLOCK) == 'x');
	end();
}

/* The file grows in the page, by a write or by truncate: a store asks for the new blocks. */
KTEST(blocks_of_a_page_that_grows)
{
	u32 i;

	KTEST_EXPECT(begin());
	for (i = 0; i < 2; i++) {
		KTEST_EXPECT(!slow_resize(f, 0) && !slow_resize(f, BLOCK));
		KTEST_EXPECT(slow_map(f, PAGE_SIZE));
		KTEST_EXPECT(store_after_fault(0) && store(128));
		slow->nr_mkwrites = 0;
		if (i)
			KTEST_EXPECT(slow_fill(f, 3, 1, 4));
		else
			KTEST_EXPECT(!slow_resize(f, 4 * BLOCK));
		KTEST_EXPECT(!store(2 * BLOCK) && store_after_fault(2 * BLOCK));
		KTEST_EXPECT(slow->nr_mkwrites == 1);
		slow_unmap();
		KTEST_EXPECT(forget_clean());
		KTEST_EXPECT(slow_byte(f, 2 * BLOCK) == 'x' && slow_byte(f, 128) == 'x');
		KTEST_EXPECT(slow_byte(f, 3 * BLOCK) == (i ? 4 : 0) && slow_byte(f, BLOCK) == 0);
	}
	end();
}

/* ---- truncation and holes ---- */

static void fsync_file(unsigned i)
{
	(void)i;
	(void)f->ops->fsync(f, false);
	atomic_add(&finished, 1);
}
static void truncate_file(unsigned i)
{
	(void)i;
	(void)slow_resize(f, BLOCK);
	atomic_add(&finished, 1);
}
static void punch_file(unsigned i)
{
	(void)i;
	ignore_error(inode_punch(f->inode, BLOCK, 2 * BLOCK));
	atomic_add(&finished, 1);
}

/* Blocks of a page that stays in part are freed when no write of the page is in progress. */
static void cut_against_write_back(void (*cut)(unsigned i))
{
	u64 deadline;

	KTEST_EXPECT(begin() && slow_fill(f, 0, 4, 1));
	slow_hold(true);
	KTEST_EXPECT(test_start(fsync_file, 0));
	while (slow_held() < 4)
		test_sleep_ms(1);
	KTEST_EXPECT(test_start(cut, 0));
	deadline = time_mono_ns() + 200 * NSEC_PER_MSEC;
	while (!atomic_load(&finished) && time_mono_ns() < deadline)
		test_sleep_ms(1);
	KTEST_EXPECT(!atomic_load(&finished) && slow_block(0, 1));
	slow_hold(false);
	slow_release();
	KTEST_EXPECT(test_wait() && atomic_load(&finished) == 2 && !slow_block(0, 1));
	KTEST_EXPECT(!slow_resize(f, 4 * BLOCK) && forget_clean());
	KTEST_EXPECT(slow_byte(f, 0) == 1 && slow_byte(f, BLOCK) == 0);
	KTEST_EXPECT(slow_byte(f, 3 * BLOCK) == (cut == punch_file ? 1 : 0));
	end();
}

/*
 * The first block of the page stays and the others are freed, while all of them are being written.
 */
KTEST(blocks_at_the_edge_of_a_truncation)
{
	cut_against_write_back(truncate_file);
}

/* The hole is the middle of the page; the blocks on both sides keep their bytes. */
KTEST(blocks_at_the_edges_of_a_hole)
{
	cut_against_write_back(punch_file);
}

/* A program that has the edge page mapped asks again before it stores. */
KTEST(blocks_at_the_edge_are_unmapped)
{
	KTEST_EXPECT(begin() && slow_fill(f, 0, 8, 1) && slow_map(f, 2 * PAGE_SIZE));
	KTEST_EXPECT(store_after_fault(0) && store_after_fault(PAGE_SIZE));
	slow->nr_mkwrites = 0;
	KTEST_EXPECT(!inode_punch(f->inode, BLOCK, 4 * BLOCK));
	KTEST_EXPECT(!store(64) && !store(PAGE_SIZE + 3 * BLOCK));
	KTEST_EXPECT(store_after_fault(64) && store_after_fault(PAGE_SIZE + 3 * BLOCK));
	KTEST_EXPECT(slow->nr_mkwrites == 2 && slow->nr_free == SLOW_BLOCKS - 1 - 8);
	KTEST_EXPECT(!slow_resize(f, BLOCK) && !store(128));
	KTEST_EXPECT(store_after_fault(128) && slow->nr_mkwrites == 3);
	slow_unmap();
	KTEST_EXPECT(forget_clean() && slow_byte(f, 128) == 'x');
	KTEST_EXPECT(slow->nr_free == SLOW_BLOCKS - 1 - 1);
	end();
}

/* Between two steps of a hole a fault brings a page back: it does not stay. */
static void punch(void)
{
	KTEST_EXPECT(!inode_punch(f->inode, 0, 32 * BLOCK));
}
static s64 last_byte;
static void read_last(void)
{
	last_byte = slow_byte(f, 31 * BLOCK);
}
/*
 * A file system that may free four blocks at a time. A read between two steps brings a page back,
 * with the bytes of before or zeros; after the last step it reads zeros.
 */
KTEST(blocks_are_freed_in_steps)
{
	KTEST_EXPECT(begin() && slow_fill(f, 0, 40, 1) && forget_clean());
	slow->step = 4;
	KTEST_EXPECT(test_meanwhile(punch, read_last));
	KTEST_EXPECT(slow->nr_steps == 9 && (last_byte == 0 || last_byte == 1));
	KTEST_EXPECT(slow_byte(f, 31 * BLOCK) == 0 && slow_byte(f, 32 * BLOCK) == 1);
	KTEST_EXPECT(slow->nr_free == SLOW_BLOCKS - 1 - 8);
	slow->nr_steps = 0;
	KTEST_EXPECT(!slow_resize(f, 0) && slow->nr_steps == 3);
	KTEST_EXPECT(slow->nr_free == SLOW_BLOCKS - 1);
	end();
}

/* ---- transactions ---- */

/*
 * The client is asked before pages are locked for the write (it may have to wait for a
 * transaction). When it refuses, the pages are still dirty and nothing was begun.
 */
KTEST(blocks_are_prepared_before_pages_are_taken)
{
	KTEST_EXPECT(begin() && slow_fill(f, 0, 4, 1));
	slow->refuse_prepares = true;
	KTEST_EXPECT(f->ops->fsync(f, false) == -EAGAIN && !slow->nr_writes);
	KTEST_EXPECT(atomic_load(&slow_mapping(f)->nr_dirty) == 1 && !slow->nr_finishes);
	slow->refuse_prepares = false;
	KTEST_EXPECT(forget_clean() && !slow->early);
	KTEST_EXPECT(slow->nr_prepares == 2 && slow->nr_finishes == 1 && slow->nr_writes == 1);
	end();
}
