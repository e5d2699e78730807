// SPDX-License-Identifier: MPL-2.0
/*
 * Reclaim: pages of caches with a disk behind them are evicted when memory is short.
 *
 * A clock hand goes over each cache. A page that was used since the hand passed last is spared once
 * (PAGE_IDLE). There are three steps, each tried only if the one before freed nothing: clean pages
 * that nobody uses; pages that programs have mapped, by unmapping them, so that the programs fault
 * them in again; dirty pages, which are written first.
 *
 * The cache reclaims from itself first when free memory is low, before it grows
 * (pagecache_make_room). When other users of memory need more, oom.c calls pagecache_reclaim before
 * it kills a process.
 */
#include <frame/log.h>
#include <frame/task.h>
#include <frame/time.h>
#include <kernel/list.h>
#include <kernel/mm.h>
#include <kernel/pagecache.h>

#include "cache.h"

#define SCAN       256u  /* pages looked at in one call, at most */
#define UNMAP      1024u /* indices whose mappings are removed in one go */
#define WRITE_SOME (8 * IO_PAGES)

/* A hand of its own, so that reclaim's hand stays. */
void mapping_invalidate_range(struct mapping *m, u64 first, u64 last)
{
	u64 hand = first;

	do {
		(void)pagecache_evict(PAGES_OF(m), &hand, last, SCAN, true);
		task_cond_resched();
	} while (hand);
}

void mapping_invalidate(struct mapping *m)
{
	mapping_invalidate_range(m, 0, ~0ul);
}

void mapping_drop(struct mapping *m)
{
	int err;

	if (mapping_sync(m, 0, ~0ul))
		log_warn("no memory to write the last dirty pages of a file: they are lost");
	wait_event(&m->idle, !atomic_load(&m->in_flight), WAIT_UNINTERRUPTIBLE, NO_DEADLINE, &err);
	/*
	 * What is still dirty could not be written, or lies behind the end of the file. The cut
	 * counts each page that it finds dirty, so the counts are right also if a walk takes some
	 * of them to write them at this moment.
	 */
	if ((s64)atomic_load(&m->nr_dirty) > 0)
		(void)pagecache_cut_range(m->host, 0, ~0ul >> PAGE_SHIFT, false);
	pagecache_free(PAGES_OF(m));
}

/*
 * Evicts up to @nr pages of one mapping, in at most two rounds of the hand: the first may only mark
 * pages idle.
 */
static u64 reclaim_from(struct mapping *m, u64 nr)
{
	struct pagecache *const pc = PAGES_OF(m);
	u64 hand = load_once(m->hand), n = 0;
	u32 rounds = 0;

	while (n < nr && rounds <= 2 && load_once(pc->nr_pages)) {
		n += pagecache_evict(pc, &hand, ~0ul, (u32)min(nr - n, (u64)SCAN), false);
		rounds += !hand;
		task_cond_resched();
	}
	store_once(m->hand, hand);
	return n;
}

/*
 * Goes round at most @most mappings, at most once, from where the last call stopped, so that no
 * cache bears it all.
 */
static u64 reclaim_clean(u64 nr, u32 most)
{
	struct mapping *m;
	u64 n = 0;
	u32 i, all = 1;

	for (i = 0; n < nr && i < min(all, most) && (m = mapping_ring_next(&all)) != NULL; i++) {
		n += reclaim_from(m, nr - n);
		mapping_walk_end(m);
	}
	return n;
}

/*
 * Unmaps pages that programs have mapped and evicts them: of a range of indices, then of the next
 * one, however many pages there are in it. Stops at the first success, after one round at the
 * latest: of its own hand, which no other task that reclaims from the mapping sets back.
 */
static u64 reclaim_mapped(struct mapping *m)
{
	struct pagecache *const pc = PAGES_OF(m);
	u64 hand = load_once(m->hand), n = 0, at;
	u32 rounds = 0;

	while (!n && rounds <= 1 && load_once(pc->mappings)) {
		hand = pagecache_next(pc, hand);
		if (hand == ~0ul) {
			hand = 0;
			rounds++;
			continue;
		}
		vm_unmap_file_range(m->host, hand, hand + UNMAP - 1, UNMAP_UNLOCKED);
		at = hand;
		n = pagecache_evict(pc, &at, hand + UNMAP - 1, UNMAP, true);
		hand += UNMAP;
		task_cond_resched();
	}
	store_once(m->hand, hand);
	return n;
}

/* Writes some dirty pages, waits for the disk, and evicts. */
static u64 reclaim_dirty(struct mapping *m, u64 nr)
{
	if (mapping_write(m, 0, ~0ul, WRITE_SOME, false) < 0)
		return 0;
	mapping_wait_writes(m);
	return reclaim_from(m, nr);
}

/* Those that programs have mapped, if there are no others, of at most @most mappings. */
static u64 reclaim_unused(u64 nr, u32 most)
{
	u64 n = reclaim_clean(nr, most);
	struct mapping *m;
	u32 i, all = 1;

	for (i = 0; !n && i < min(all, most) && (m = mapping_ring_next(&all)) != NULL; i++) {
		n += reclaim_mapped(m);
		mapping_walk_end(m);
		task_cond_resched();
	}
	return n;
}

u64 pagecache_reclaim_clean(u64 nr)
{
	return reclaim_unused(nr, ~0u);
}

#define ROOM_MAPPINGS 64u                  /* looked at for each read */
#define ROOM_PAUSE_NS (20 * NSEC_PER_MSEC) /* after a search that found nothing */

/*
 * Little free memory is the normal state of many machines, so a search that finds nothing is not
 * repeated at once. Races cost a search.
 */
static u64 search_again_ns;

void pagecache_make_room(u64 nr)
{
	struct page_stats s;
	u64 now;

	nr = min(nr, (u64)(2 * IO_PAGES));
	page_get_stats(&s);
	if (s.free >= s.total / 16 + nr)
		return;
	now = time_mono_ns();
	if (now < load_once(search_again_ns))
		return;
	if (!reclaim_unused(nr + IO_PAGES, ROOM_MAPPINGS))
		store_once(search_again_ns, now + ROOM_PAUSE_NS);
}

u64 pagecache_reclaim(u64 nr)
{
	u64 n = pagecache_reclaim_clean(nr);
	struct mapping *m;
	u32 i, all = 1;

	for (i = 0; !n && i < all && (m = mapping_ring_next(&all)) != NULL; i++) {
		if (load_once(m->host->pages.nr_pages) && !inode_is_going(m->host))
			n += reclaim_dirty(m, nr);
		mapping_walk_end(m);
		task_cond_resched();
	}
	return n;
}

static const struct shrinker_ops caches = { .shrink = pagecache_reclaim };

void pagecache_init(void)
{
	shrinker_register(&caches);
}
