// SPDX-License-Identifier: MPL-2.0
/*
 * RAM disks: /dev/ram0 and on, like those of Linux's brd. The option `ramdisk_size=KIB` on the
 * command line creates one, `brd.rd_nr=N` more of them, and `brd.max_part=N` reserves device
 * numbers for their partitions. Without the first there are none.
 *
 * Sectors that were never written read as zero and take no memory. The disk's task executes the
 * requests, so that the block layer works as with a real device.
 *
 * The pages of a RAM disk are its only copy, so they are not in a page cache that could drop them;
 * the page cache of the block device lies above, and its pages are copies of these. A read or write
 * through the device so uses twice the memory for a while.
 */
#include <frame/boot.h>
#include <frame/fmt.h>
#include <frame/log.h>
#include <frame/task.h>
#include <frame/time.h>
#include <frame/wait.h>
#include <kernel/block.h>
#include <kernel/init.h>
#include <kernel/mapping.h>
#include <kernel/mm.h>
#include <kernel/pagecache.h>

#define RAM_MAJOR 1u /* Linux: RAMDISK_MAJOR */
#define MAX_DISKS 4u

struct ramdisk {
	struct obj obj;
	struct pagecache pages; /* used only as a tree of pages */
};
OBJ_TYPE(ramdisk, NULL_RELEASE);

static struct ramdisk *disks[MAX_DISKS]; /* references; never removed */

#define NO_MEMORY_TRIES 500u

/*
 * A page for data. If memory is out, clean pages of the page cache are evicted; dirty ones cannot
 * be, because writing them may require this very task. A shortage often passes, and what is not
 * written now is lost: so it is tried for about a second. Returns NULL if there is none.
 */
static struct page *ramdisk_new_page(void)
{
	struct page *p = page_alloc(PAGE_USER | PAGE_ZEROED);
	u32 tries;

	for (tries = 0; !p && tries < NO_MEMORY_TRIES; tries++) {
		if (!pagecache_reclaim_clean(REQUEST_PAGES))
			(void)task_sleep_until(time_mono_ns() + 2 * NSEC_PER_MSEC,
				WAIT_UNINTERRUPTIBLE);
		p = page_alloc(PAGE_USER | PAGE_ZEROED);
	}
	return p;
}

/*
 * Copies one sector between the disk and a page of the request. A read of a missing page gets
 * zeroes. A write creates the page; -ENOSPC if memory is out.
 */
static int move(struct ramdisk *rd, struct block_request *rq, u64 sector, struct page *p,
	size_t off)
{
	u64 index = sector / SECTORS_PER_PAGE;
	size_t at = sector % SECTORS_PER_PAGE * SECTOR_SIZE;
	struct page *mine = pagecache_find(&rd->pages, index);
	u8 raw[SECTOR_SIZE];
	int err = 0;

	if (rq->op == BLOCK_READ && !mine) {
		page_zero(p, off, SECTOR_SIZE);
		return 0;
	}
	if (!mine) {
		mine = ramdisk_new_page();
		err = mine ? pagecache_insert(&rd->pages, index, mine) : -ENOSPC;
	}
	if (!err && rq->op == BLOCK_READ) {
		page_read(mine, at, span_of(raw));
		page_write(p, off, cspan_of(raw));
	} else if (!err) {
		page_read(p, off, span_of(raw));
		page_write(mine, at, cspan_of(raw));
	}
	page_put(&mine);
	return err;
}

/* A flush has no sectors, and what was written is in memory: nothing is to do. */
static int ramdisk_execute(struct obj *owner, struct block_request *rq)
{
	struct ramdisk *rd = obj_cast(ramdisk, owner);
	size_t off;
	u32 i;
	int err = 0;

	for (i = 0; i < rq->nr_sectors && !err; i++) {
		struct page *p = block_sector_page(rq, i, &off);
		err = move(rd, rq, rq->sector + i, p, off);
	}
	return err;
}

static const struct simple_disk_ops ramdisk_ops = { .execute = ramdisk_execute };

static int ramdisk_add_disk(u32 n, u64 kib, u32 minors)
{
	static const struct lit names[MAX_DISKS] = { LIT("ram0"), LIT("ram1"), LIT("ram2"),
		LIT("ram3") };
	const struct disk_params params = {
		.name = names[n],
		.major = RAM_MAJOR,
		.first_minor = n * minors,
		.minors = minors,
		.sectors = kib * 2,
		.physical_block = PAGE_SIZE,
	};
	struct ramdisk *rd = obj_new(ramdisk);
	int err = rd ? disk_add_simple(&params, &ramdisk_ops, &rd->obj) : -ENOMEM;

	if (!err)
		*array_at(disks, n) = obj_get(rd);
	obj_put(&rd);
	return err;
}

/*
 * The number of an option on the command line; @none without the option, 0 if it is not a number.
 */
static u64 option(struct lit name, u64 none)
{
	bool found;
	struct cspan text = boot_option(name, &found);
	u64 n = 0;

	if (!found)
		return none;
	return parse_u64(text, 10, &n) == cspan_len(text) ? n : 0;
}

void ramdisk_init(void)
{
	u64 kib = option(LIT("ramdisk_size"), 0),
	    n = min(option(LIT("brd.rd_nr"), 1), (u64)MAX_DISKS), i;
	u32 minors = (u32)clamp(option(LIT("brd.max_part"), 1), 1ul, 256ul);
	int err = 0;

	for (i = 0; kib && i < n && !err; i++)
		err = ramdisk_add_disk((u32)i, kib, minors);
	if (err)
		log_warn("RAM disk: error %d", -err);
}

/* Frees the contents; the disks and their tasks stay, as at boot. */
void ramdisk_shutdown(void)
{
	u32 i;

	for (i = 0; i < MAX_DISKS; i++) {
		if (disks[i])
			pagecache_free(&disks[i]->pages);
	}
}
