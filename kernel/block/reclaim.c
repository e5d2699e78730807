// SPDX-License-Identifier: MPL-2.0
/*
 * Reclaim: pages of the devices' caches are evicted when memory is short.
 *
 * A clock hand goes over each cache. A page that was used since the hand passed last is spared once
 * (PAGE_IDLE). There are three steps, each tried only if the one before freed nothing: clean pages
 * that nobody uses; pages that programs have mapped, by unmapping them, so that the programs fault
 * them in again; dirty pages, which are written first.
 *
 * The cache reclaims from itself first when free memory is low, before it grows (cache.c,
 * make_room). When other users of memory need more, oom.c calls block_reclaim before it kills a
 * process.
 */
#include <frame/log.h>
#include <frame/task.h>
#include <kernel/list.h>
#include <kernel/mm.h>
#include <kernel/pagecache.h>

#include "bdev.h"

#define SCAN       256ul /* pages looked at in one call, at most */
#define UNMAP      1024u /* indices whose mappings are removed in one go */
#define WRITE_SOME (8 * REQUEST_PAGES)

/* A hand of its own, so that reclaim's hand stays. */
void cache_invalidate(struct bdev *b)
{
	u64 hand = 0;

	(void)pagecache_evict(&b->inode->pages, &hand, ~0u, true);
}

/* Pages that cannot be written for lack of memory are lost, which is logged. */
void cache_drop(struct bdev *b)
{
	if (cache_sync(b, 0, ~0ul)) {
		log_warn("no memory to write a disk's last dirty pages: they are lost");
		writeback_count(b, -(s64)atomic_load(&b->nr_dirty), 0);
	}
	request_wait_idle(b);
	pagecache_free(&b->inode->pages);
}

/*
 * Evicts up to @nr pages of one device, in at most two rounds of the hand: the first may only mark
 * pages idle.
 */
static u64 reclaim_from(struct bdev *b, u64 nr)
{
	struct pagecache *const pc = &b->inode->pages;
	u64 hand = load_once(b->hand), n = 0;
	u32 rounds = 0;

	while (n < nr && rounds <= 2 && load_once(pc->nr_pages)) {
		n += pagecache_evict(pc, &hand, (u32)min(nr - n, SCAN), false);
		rounds += !hand;
		task_cond_resched();
	}
	store_once(b->hand, hand);
	return n;
}

/* Begins with another device each time, so that no cache bears it all. */
u64 cache_reclaim_clean(u64 nr)
{
	static struct atomic turns; /* rotates the device that is reclaimed from first */
	u64 turn = atomic_add(&turns, 1), n = 0;
	u32 devices = bdev_count(), i;

	for (i = 0; n < nr && i < devices; i++) {
		struct bdev *b = bdev_nth((u32)((turn + i) % devices));
		if (b)
			n += reclaim_from(b, nr - n);
		obj_put(&b);
	}
	return n;
}

/*
 * Unmaps pages that programs have mapped and evicts them. Stops at the first success, after one
 * round at the latest.
 */
static u64 reclaim_mapped(struct bdev *b)
{
	struct pagecache *const pc = &b->inode->pages;
	u64 at, n = 0;
	u32 rounds = 0;

	while (!n && rounds <= 1 && !list_empty(&pc->mappings)) {
		at = pagecache_next(pc, b->hand);
		if (at == ~0ul) {
			b->hand = 0;
			rounds++;
			continue;
		}
		vm_unmap_file_range(b->inode, at, at + UNMAP - 1, false);
		b->hand = at;
		n = pagecache_evict(pc, &b->hand, UNMAP, true);
		rounds += !b->hand;
	}
	return n;
}

/* Writes some dirty pages, waits for the device, and evicts. */
static u64 reclaim_dirty(struct bdev *b, u64 nr)
{
	if (cache_write(b, 0, ~0ul, WRITE_SOME, false) < 0)
		return 0;
	writeback_wait(b);
	return reclaim_from(b, nr);
}

u64 block_reclaim_clean(u64 nr)
{
	u64 n = cache_reclaim_clean(nr);
	struct bdev *b;
	u32 i;

	for (i = 0; !n && (b = bdev_nth(i)) != NULL; i++) {
		n += reclaim_mapped(b);
		obj_put(&b);
	}
	return n;
}

u64 block_reclaim(u64 nr)
{
	u64 n = block_reclaim_clean(nr);
	struct bdev *b;
	u32 i;

	for (i = 0; !n && (b = bdev_nth(i)) != NULL; i++) {
		if (load_once(b->inode->pages.nr_pages))
			n += reclaim_dirty(b, nr);
		obj_put(&b);
	}
	return n;
}
