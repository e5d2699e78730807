// SPDX-License-Identifier: MPL-2.0
/* Which pages of which mappings advice and reclaim look at, with slowfs behind the page cache. */
#include <kernel/stat.h>
#include <uapi/fs.h>

#include "../pagecache/cache.h"
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
