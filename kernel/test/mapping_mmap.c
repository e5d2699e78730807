// SPDX-License-Identifier: MPL-2.0
/*
 * Writes through mappings of programs, with slowfs behind the page cache (kernel/vm/fault.c).
 *
 * The task is its own program: it has an address space with the file mapped, calls mm_fault as a
 * fault would, and stores by copies to user memory, which do not fault by themselves.
 */
#include <frame/user.h>
#include <kernel/mm.h>
#include <uapi/fs.h>

#include "../vm/vm.h"
#include "slowfs.h"

static struct file *shared;    /* what the tasks of a test work on */
static struct atomic finished; /* tasks of the test that are done */

static enum fault_result touch(u64 off, u32 access)
{
	return mm_fault(slow_mm, slow_at + off, access);
}

/*
 * A store to a hole of a full file system is a bus error, not lost data later; a mapping that was
 * only read took no space. After write-back the page is read-only again, so the next store asks
 * again.
 */
KTEST(mapping_page_mkwrite_refuses)
{
	struct timespec64 before;
	struct file *f;
	u8 x[1] = { 'x' };
	u32 all;

	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	KTEST_EXPECT(f && !slow_resize(f, 4 * PAGE_SIZE) && slow_map(f, 8 * PAGE_SIZE));
	/* Reading a hole takes no space; a write asks for it. */
	KTEST_EXPECT(touch(0, VM_READ) == FAULT_DONE && slow->nr_mkwrites == 0);
	KTEST_EXPECT(user_copy_out(UADDR(slow_at), cspan_of(x)) == 0);
	all = slow->nr_free;
	slow->nr_free = 0;
	KTEST_EXPECT(touch(0, VM_WRITE) == FAULT_BUS && slow->nr_mkwrites == 1);
	KTEST_EXPECT(user_copy_out(UADDR(slow_at), cspan_of(x)) == 0);
	KTEST_EXPECT(touch(PAGE_SIZE, VM_WRITE) == FAULT_BUS && slow->nr_mkwrites == 2);
	KTEST_EXPECT(touch(4 * PAGE_SIZE, VM_WRITE) == FAULT_BUS && slow->nr_mkwrites == 2);
	KTEST_EXPECT(file_write_kernel(f, 0, cspan_of(x)) == -ENOSPC);
	slow->nr_free = all;
	before = f->inode->mtime;
	test_sleep_ms(20);
	KTEST_EXPECT(touch(0, VM_WRITE) == FAULT_DONE && slow->nr_free == all - 1);
	KTEST_EXPECT(user_copy_out(UADDR(slow_at), cspan_of(x)) == 1);
	KTEST_EXPECT(f->inode->mtime.sec != before.sec || f->inode->mtime.nsec != before.nsec);
	/* After write-back the next write asks again. */
	all = slow->nr_mkwrites;
	KTEST_EXPECT(!f->ops->fsync(f, false) && slow_block(0, 0));
	KTEST_EXPECT(user_copy_out(UADDR(slow_at), cspan_of(x)) == 0);
	KTEST_EXPECT(touch(0, VM_READ) == FAULT_DONE && slow->nr_mkwrites == all);
	KTEST_EXPECT(touch(0, VM_WRITE) == FAULT_DONE && slow->nr_mkwrites == all + 1);
	KTEST_EXPECT(user_copy_out(UADDR(slow_at + 1), cspan_of(x)) == 1);
	KTEST_EXPECT(!f->ops->fsync(f, false));
	slow_unmap();
	KTEST_EXPECT(slow_forget(f));
	KTEST_EXPECT(file_read_kernel(f, 1, span_of(x)) == 1 && x[0] == 'x');
	obj_put(&f);
	KTEST_EXPECT(!slow->wrong);
	slow_end();
}

/*
 * When too many pages are dirty, a program that stores waits before its page is dirty: else it
 * would clean the page itself, and fault again.
 */
KTEST(mapping_mkwrite_throttles_first)
{
	struct file *f;
	u32 i;

	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	KTEST_EXPECT(f && !slow_resize(f, 4 * PAGE_SIZE) && slow_map(f, 4 * PAGE_SIZE));
	for (i = 0; i < 3; i++)
		KTEST_EXPECT(touch(i * PAGE_SIZE, VM_WRITE) == FAULT_DONE);
	writeback_set_limit(2);
	KTEST_EXPECT(touch(3 * PAGE_SIZE, VM_WRITE) == FAULT_DONE && slow->nr_mkwrites == 4);
	KTEST_EXPECT(atomic_load(&slow_mapping(f)->nr_dirty) == 1 && slow_block(0, 2));
	writeback_set_limit(0);
	slow_unmap();
	obj_put(&f);
	slow_end();
}

/* While a page is read for a fault, the open file stays, although it is unmapped meanwhile. */
static void fault_first(unsigned i)
{
	(void)i;
	(void)touch(0, VM_READ);
}
/*
 * The fault waits for the disk without the lock of the address space, so the unmapping goes on; the
 * reference of the fault is the last but one.
 */
KTEST(mapping_fault_keeps_the_file_open)
{
	struct file *f;

	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	KTEST_EXPECT(f && file_write_kernel(f, 0, STR("some")) == 4 && !f->ops->fsync(f, false));
	KTEST_EXPECT(slow_forget(f));
	KTEST_EXPECT(slow_map(f, PAGE_SIZE));
	slow_hold(true);
	KTEST_EXPECT(test_start(fault_first, 0));
	while (!slow_held())
		test_sleep_ms(1);
	KTEST_EXPECT(!mm_unmap(slow_mm, slow_at, PAGE_SIZE) && obj_refs(f) == 2);
	slow_hold(false);
	slow_release();
	KTEST_EXPECT(test_wait() && obj_refs(f) == 1);
	slow_unmap();
	obj_put(&f);
	slow_end();
}

/* A locked page is not reclaimed; after munlock it is. */
KTEST(mapping_reclaim_spares_locked_pages)
{
	struct file *f;

	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	KTEST_EXPECT(f && !slow_resize(f, 2 * PAGE_SIZE) && slow_map(f, 2 * PAGE_SIZE));
	rwlock_write_lock(&slow_mm->lock);
	KTEST_EXPECT(!vma_split_at(slow_mm, slow_at + PAGE_SIZE));
	vma_set_locked(mm_find(slow_mm, slow_at), VMA_LOCKED);
	rwlock_write_unlock(&slow_mm->lock);
	KTEST_EXPECT(touch(0, VM_WRITE) == FAULT_DONE && touch(PAGE_SIZE, VM_READ) == FAULT_DONE);
	KTEST_EXPECT(!f->ops->fsync(f, false) && touch(0, VM_READ) == FAULT_DONE);
	while (pagecache_reclaim(1000))
		;
	KTEST_EXPECT(slow_is_cached(f, 0) && !slow_is_cached(f, 1));
	rwlock_write_lock(&slow_mm->lock);
	vma_set_locked(mm_find(slow_mm, slow_at), 0);
	rwlock_write_unlock(&slow_mm->lock);
	while (pagecache_reclaim(1000))
		;
	KTEST_EXPECT(!slow_is_cached(f, 0));
	slow_unmap();
	obj_put(&f);
	slow_end();
}

/* What a program has written behind the end is not there when the file grows. */
KTEST(mapping_tail_is_zero_when_a_file_grows)
{
	struct file *f;
	u8 x[64];
	u32 i;

	span_fill(span_of(x), 'x');
	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	for (i = 0; i < 2; i++) {
		KTEST_EXPECT(f && !slow_resize(f, 0) && !slow_resize(f, 64));
		KTEST_EXPECT(slow_map(f, PAGE_SIZE) && touch(0, VM_WRITE) == FAULT_DONE);
		KTEST_EXPECT(user_copy_out(UADDR(slow_at + 128), cspan_of(x)) == 64);
		slow_unmap();
		KTEST_EXPECT(!f->ops->fsync(f, false));
		KTEST_EXPECT(slow_forget(f));
		if (i == 0)
			KTEST_EXPECT(!slow_resize(f, PAGE_SIZE));
		else
			KTEST_EXPECT(file_write_kernel(f, 1024, cspan_of(x)) == 64);
		KTEST_EXPECT(slow_byte(f, 128) == 0);
	}
	obj_put(&f);
	slow_end();
}

/* A program writes through a mapping while pages are written back and cut: nothing is lost. */
static void write_back_mapped(unsigned i)
{
	while (!atomic_load(&finished)) {
		if (i)
			ignore_error(inode_punch(shared->inode, 2 * PAGE_SIZE, PAGE_SIZE));
		else
			(void)shared->ops->fsync(shared, false);
		test_step();
		task_cond_resched();
	}
}

/*
 * Each store lands in a page that write-back may just have cleaned: it faults then, and makes the
 * page dirty again. Another page of the mapping is cut again and again.
 */
KTEST(mapping_no_mapped_write_is_lost)
{
	u8 x[1];
	u32 k;

	KTEST_EXPECT(slow_begin());
	shared = slow_open(0, O_RDWR);
	atomic_store(&finished, 0);
	KTEST_EXPECT(shared && !slow_resize(shared, 4 * PAGE_SIZE));
	KTEST_EXPECT(slow_map(shared, 4 * PAGE_SIZE));
	KTEST_EXPECT(test_start(write_back_mapped, 0) && test_start(write_back_mapped, 1));
	for (k = 0; k < 2000; k++) {
		u64 off = k % 2 * 2 * PAGE_SIZE + k / 2 % PAGE_SIZE;
		x[0] = (u8)k;
		while (!user_copy_out(UADDR(slow_at + off), cspan_of(x)))
			KTEST_EXPECT(touch(off, VM_WRITE) == FAULT_DONE);
		test_step();
	}
	atomic_store(&finished, 1);
	KTEST_EXPECT(test_wait() && !shared->ops->fsync(shared, false));
	slow_unmap();
	KTEST_EXPECT(slow_forget(shared));
	for (k = 0; k < 2000; k += 2) {
		KTEST_EXPECT(file_read_kernel(shared, k / 2, span_of(x)) == 1 && x[0] == (u8)k);
		test_step();
	}
	KTEST_EXPECT(!slow->wrong);
	obj_put(&shared);
	slow_end();
}
