// SPDX-License-Identifier: MPL-2.0
/* Which pages of which mappings advice and reclaim look at, with slowfs behind the page cache. */
#include <frame/user.h>
#include <kernel/mm.h>
#include <kernel/stat.h>
#include <uapi/fs.h>

#include "../pagecache/cache.h"
#include "../vm/vm.h"
#include "slowfs.h"

/* POSIX_FADV_DONTNEED evicts the range and nothing else. */
KTEST(mapping_advice_evicts_its_range)
{
	struct file *f;
	u32 i;

	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	for (i = 0; i < 100; i++)
		KTEST_EXPECT(slow_fill(f, i, 1, 1));
	KTEST_EXPECT(!f->ops->fsync(f, false));
	file_advise(f, 10 * PAGE_SIZE + 1, 60 * PAGE_SIZE, POSIX_FADV_DONTNEED);
	KTEST_EXPECT(f->host->pages.nr_pages == 41 && slow_is_cached(f, 10));
	KTEST_EXPECT(!slow_is_cached(f, 11) && !slow_is_cached(f, 69) && slow_is_cached(f, 70));
	obj_put(&f);
	slow_end();
}

/* A page in @stride of the file that is mapped. */
static bool touch_some(u32 n, u64 stride)
{
	bool done = true;
	u32 i;

	for (i = 0; i < n; i++)
		done &= mm_fault(slow_mm, slow_at + i * stride * PAGE_SIZE, VM_READ) == FAULT_DONE;
	return done;
}

/*
 * Pages that a program has mapped, few of them in a large file, of which the first cannot go:
 * reclaim gets to the others.
 */
KTEST(mapping_reclaim_looks_at_all_that_is_mapped)
{
	struct page *held[16] = { NULL };
	struct file *f;
	u64 i, stride = 64;

	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	store_once(f->inode->size, 64 * stride * PAGE_SIZE);
	KTEST_EXPECT(f && slow_map(f, 64 * stride * PAGE_SIZE));
	KTEST_EXPECT(touch_some(32, stride));
	while (pagecache_reclaim_clean(1000))
		; /* others' pages go, too: from now on there are these alone */
	KTEST_EXPECT(touch_some(32, stride));
	store_once(slow_mapping(f)->hand, 0);
	for (i = 0; i < ARRAY_LEN(held); i++)
		*array_at(held, i) = pagecache_find(&f->inode->pages, i * stride);
	/* First go pages beside those, which faults have mapped along and nobody has used. */
	for (i = 0; i < 64 && slow_is_cached(f, 16 * stride) && pagecache_reclaim_clean(1); i++)
		;
	KTEST_EXPECT(slow_is_cached(f, 0) && !slow_is_cached(f, 16 * stride));
	for (i = 0; i < ARRAY_LEN(held); i++)
		page_put(array_at(held, i));
	slow_unmap();
	store_once(f->inode->size, 0);
	obj_put(&f);
	slow_end();
}

/* Reclaim does not look at mappings without pages. */
KTEST(mapping_ring_has_those_with_pages)
{
	struct file *f[SLOW_FILES];
	struct mapping *m;
	u32 i, all = 0, there = 0;

	while (pagecache_reclaim(1000))
		;
	KTEST_EXPECT(slow_begin());
	for (i = 0; i < SLOW_FILES; i++) {
		f[i] = slow_open(i, O_RDWR);
		KTEST_EXPECT(f[i] && slow_fill(f[i], 0, 1, 1));
	}
	for (i = 1; i < SLOW_FILES; i++)
		KTEST_EXPECT(!slow_resize(f[i], 0));
	for (i = 0; i < 2 * SLOW_FILES; i++) {
		m = mapping_ring_next(&all);
		KTEST_EXPECT(m && m->host->pages.nr_pages);
		there += m == slow_mapping(f[0]);
		mapping_walk_end(m);
	}
	KTEST_EXPECT(there && !slow_mapping(f[1])->on_ring);
	KTEST_EXPECT(slow_fill(f[1], 0, 1, 1) && slow_mapping(f[1])->on_ring);
	for (i = 0; i < SLOW_FILES; i++)
		obj_put(array_at(f, i));
	slow_end();
}
