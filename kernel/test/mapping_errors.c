// SPDX-License-Identifier: MPL-2.0
/*
 * Who is told of errors, and what becomes of pages that cannot be read or written, with slowfs
 * behind the page cache.
 *
 * slowfs fails writes of one bad block, or refuses calls for a reason that passes; open files of
 * different ages then ask, by fsync or sync_file_range.
 */
#include <frame/user.h>
#include <kernel/mm.h>
#include <kernel/super.h>
#include <uapi/fs.h>

#include "../fs/fs.h"
#include "../vm/vm.h"
#include "slowfs.h"

/* Dirty pages behind the end of the file are not written; they do not count as dirty for ever. */
KTEST(mapping_drop_counts_pages_behind_the_end)
{
	struct mapping_stats before, after;
	struct file *f;

	KTEST_EXPECT(slow_begin());
	mapping_get_stats(&before);
	f = slow_open(0, O_RDWR);
	KTEST_EXPECT(f && slow_fill(f, 0, 3, 1));
	store_once(f->inode->size, PAGE_SIZE);
	mapping_drop(slow_mapping(f));
	KTEST_EXPECT(slow_block(0, 0) && !slow_block(0, 1) && !f->host->pages.nr_pages);
	KTEST_EXPECT(!atomic_load(&slow_mapping(f)->nr_dirty));
	/* Nor do pages that find no memory. */
	KTEST_EXPECT(slow_fill(f, 0, 3, 1));
	slow->refuse_writes = ~0u;
	mapping_drop(slow_mapping(f));
	slow->refuse_writes = 0;
	mapping_get_stats(&after);
	KTEST_EXPECT(!atomic_load(&slow_mapping(f)->nr_dirty) && after.dirty <= before.dirty);
	obj_put(&f);
	slow_end();
}

enum { WAIT_BEFORE = 1, WRITE = 2, WAIT_AFTER = 4 };

/* sync_file_range tells errors of writes to callers that wait for them, once. */
KTEST(sync_file_range_tells_errors)
{
	struct file *f;

	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	KTEST_EXPECT(f && slow_fill(f, 0, 4, 1));
	KTEST_EXPECT(file_sync_range(f, PAGE_SIZE, PAGE_SIZE, WRITE | WAIT_AFTER) == 0);
	KTEST_EXPECT(!slow_block(0, 0) && slow_block(0, 1) && !slow_block(0, 2));
	KTEST_EXPECT(file_sync_range(f, 0, 0, WRITE) == 0 && slow_block(0, 3));
	slow->bad_block = slow_block(0, 2);
	KTEST_EXPECT(slow_fill(f, 2, 1, 2));
	KTEST_EXPECT(file_sync_range(f, 0, 0, WAIT_BEFORE | WRITE | WAIT_AFTER) == -EIO);
	KTEST_EXPECT(file_sync_range(f, 0, 0, WAIT_BEFORE | WRITE | WAIT_AFTER) == 0);
	KTEST_EXPECT(f->ops->fsync(f, false) == 0 && slow_fill(f, 2, 1, 2));
	/* Who does not wait is not told; the next one is. */
	KTEST_EXPECT(file_sync_range(f, 0, 0, WRITE) == 0);
	KTEST_EXPECT(file_sync_range(f, 0, 0, WAIT_BEFORE) == -EIO);
	KTEST_EXPECT(f->ops->fsync(f, false) == 0);
	obj_put(&f);
	slow_end();
}

/* A client that cannot read at the moment says so to the cache; a fault tries again. */
KTEST(mapping_refused_reads_are_tried_again)
{
	struct page *p = NULL;
	struct file *f;

	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	KTEST_EXPECT(f && slow_fill(f, 0, 1, 1) && !f->ops->fsync(f, false));
	KTEST_EXPECT(slow_forget(f));
	KTEST_EXPECT(slow_map(f, PAGE_SIZE));
	slow->refuse_reads = 5;
	KTEST_EXPECT(mapping_get_page(slow_mapping(f), 0, true, &p) == -ENOMEM);
	KTEST_EXPECT(mapping_get_page(slow_mapping(f), 0, false, &p) == -EAGAIN && !p);
	KTEST_EXPECT(mm_fault(slow_mm, slow_at, VM_READ) == FAULT_DONE && !slow->refuse_reads);
	slow->refuse_reads = 2;
	KTEST_EXPECT(mm_fault(slow_mm, slow_at, VM_WRITE) == FAULT_DONE);
	KTEST_EXPECT(!slow->refuse_reads && slow->nr_mkwrites);
	slow_unmap();
	obj_put(&f);
	slow_end();
}

/* The inode task has failed to write a directory: its fsync is told, once for each open file. */
KTEST(icache_tells_errors_of_directories)
{
	struct file *f, *g, *other;

	KTEST_EXPECT(slow_begin());
	slow->directories = true;
	f = slow_open(0, O_RDONLY);
	g = slow_open(0, O_RDONLY);
	other = slow_open(1, O_RDONLY);
	KTEST_EXPECT(f && g && other && !f->host->mapping && !f->ops->fsync(f, false));
	inode_touch(f->inode, ATTR_MTIME);
	KTEST_EXPECT(!f->ops->fsync(f, false) && slow->nr_inode_writes == 1);
	inode_touch(f->inode, ATTR_MTIME);
	slow->inode_error = -EIO;
	ignore_error(super_write_inodes(slow_mount->sb, ~0ul)); /* as the inode task does */
	slow->inode_error = 0;
	KTEST_EXPECT(f->ops->fsync(f, false) == -EIO && f->ops->fsync(f, false) == 0);
	KTEST_EXPECT(g->ops->fsync(g, false) == -EIO && g->ops->fsync(g, false) == 0);
	KTEST_EXPECT(!other->ops->fsync(other, false));
	obj_put(&f);
	obj_put(&g);
	obj_put(&other);
	slow_end();
}
