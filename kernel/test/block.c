// SPDX-License-Identifier: MPL-2.0
/*
 * The block layer (kernel/block/), with the disk of tdisk.h.
 *
 * Each test makes a disk of its own. The disk counts requests and notes what a right block layer
 * never sends (tdisk->wrong); while it holds requests, a test can look at what waits for what.
 * Bytes are patterns that tell where they belong, so a mix-up is seen.
 */
#include <kernel/block.h>
#include <kernel/chrdev.h>
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/mapping.h>
#include <uapi/fs.h>

#include "../block/bdev.h"
#include "tdisk.h"

/* ---- data ---- */

/*
 * Written through one open, seen through another before it is on the disk, and through a third
 * after the last close has written it and emptied the cache.
 */
KTEST(block_data_survive_the_cache)
{
	struct mapping_stats stats;
	struct file *f, *g;

	KTEST_EXPECT(tdisk_make(DISK_PAGES * SECTORS_PER_PAGE) && tdisk_add());
	f = tdisk_open();
	KTEST_EXPECT(f && tdisk_put(f, 0, 65536, 1) && tdisk_put(f, 100000, 5000, 2));
	KTEST_EXPECT(tdisk_put(f, 700 * 512 + 8, 16, 3));
	/* Another special file of that number shows the same, before anything is written. */
	g = tdisk_open();
	KTEST_EXPECT(g && tdisk_has(g, 0, 65536, 1) && tdisk->nr_writes == 0);
	obj_put(&f);
	KTEST_EXPECT(tdisk->nr_writes == 0);
	obj_put(&g);
	mapping_get_stats(&stats);
	KTEST_EXPECT(tdisk->nr_writes > 0 && stats.pages == 0 && stats.dirty == 0);
	f = tdisk_open();
	KTEST_EXPECT(f && tdisk_has(f, 0, 65536, 1) && tdisk_has(f, 100000, 5000, 2));
	KTEST_EXPECT(tdisk_has(f, 700 * 512 + 8, 16, 3));
	obj_put(&f);
	KTEST_EXPECT(!tdisk->wrong);
}

/* A file on the disk whose pages are there in two pieces each, in the other order. */
#define FRONT 3u
static struct bdev *below;

/*
 * The file's pages lie on the disk with their last sectors first: each page is two runs, and an I/O
 * has two parts for each page.
 */
static int move_pieces(struct mapping *m, struct page_io *io)
{
	u32 i, err = 0, first;

	(void)m;
	for (i = 0; i < io->nr_pages; i++) {
		u64 sector = (io->index + i) * SECTORS_PER_PAGE;
		first = i * (u32)SECTORS_PER_PAGE;
		page_io_hold(io);
		page_io_hold(io);
		err |= (u32)block_submit_io(below, io, first, FRONT,
			sector + SECTORS_PER_PAGE - FRONT);
		err |= (u32)block_submit_io(below, io, first + FRONT, (u32)SECTORS_PER_PAGE - FRONT,
			sector);
	}
	page_io_done(io, err ? -EIO : 0);
	return 0;
}
static const struct mapping_ops pieces = { .read = move_pieces, .write = move_pieces };

/* Sector @i of the page is filled with its number. */
static bool sectors_are(struct page *p, u32 first)
{
	u8 raw[1];
	u32 i;

	for (i = 0; i < SECTORS_PER_PAGE; i++) {
		page_read(p, (i + 1) * SECTOR_SIZE - 1, span_of(raw));
		if (raw[0] != (first + i) % SECTORS_PER_PAGE)
			return false;
	}
	return true;
}

/*
 * Each page of the file lies on the disk as two runs of sectors in the other order. They come back
 * as they were, each page by two requests.
 */
KTEST(block_moves_parts_of_pages)
{
	u8 raw[SECTOR_SIZE];
	struct inode *ino;
	struct page *p;
	struct file *f;
	u32 i, k;

	KTEST_EXPECT(tdisk_make(DISK_PAGES * SECTORS_PER_PAGE) && tdisk_add());
	f = tdisk_open();
	KTEST_EXPECT(f);
	below = bdev_of(f->host);
	ino = inode_new(f->host->sb, S_IFREG | 0600);
	KTEST_EXPECT(ino && !inode_set_mapping(ino, &pieces));
	ino->size = 4 * PAGE_SIZE;
	for (i = 0; i < 4; i++) {
		p = page_alloc(PAGE_ZEROED);
		KTEST_EXPECT(p);
		for (k = 0; k < SECTORS_PER_PAGE; k++) {
			span_fill(span_of(raw), (u8)k);
			page_write(p, k * SECTOR_SIZE, cspan_of(raw));
		}
		KTEST_EXPECT(!mapping_put_whole(ino->mapping, i, p, 0));
		page_put(&p);
	}
	KTEST_EXPECT(!mapping_sync(ino->mapping, 0, ~0ul) && tdisk->nr_writes == 8);
	for (i = 0; i < 4; i++)
		KTEST_EXPECT(sectors_are(*array_at(tdisk->page, i), FRONT));
	mapping_invalidate(ino->mapping);
	KTEST_EXPECT(!ino->pages.nr_pages);
	for (i = 0; i < 4; i++) {
		KTEST_EXPECT(!mapping_get_page(ino->mapping, i, true, &p) && sectors_are(p, 0));
		page_put(&p);
	}
	obj_put(&ino);
	obj_put(&f);
	KTEST_EXPECT(!tdisk->wrong);
}

/*
 * Reads of one sector after another become requests of the largest size, and reads here and there
 * just a page each.
 */
KTEST(block_reads_a_disk_in_large_requests)
{
	struct file *f;
	u64 at;

	KTEST_EXPECT(tdisk_make(DISK_PAGES * SECTORS_PER_PAGE) && tdisk_add());
	f = tdisk_open();
	for (at = 0; at < DISK_PAGES * PAGE_SIZE; at += SECTOR_SIZE)
		KTEST_EXPECT(tdisk_read_one(f, at) == SECTOR_SIZE);
	KTEST_EXPECT(tdisk->largest == REQUEST_PAGES * SECTORS_PER_PAGE && tdisk->nr_reads < 16);
	/* Elsewhere, and nowhere near: just what is asked for. */
	obj_put(&f);
	f = tdisk_open();
	tdisk->nr_reads = tdisk->largest = 0;
	KTEST_EXPECT(tdisk_read_one(f, 100 * PAGE_SIZE) == SECTOR_SIZE);
	KTEST_EXPECT(tdisk_read_one(f, 30 * PAGE_SIZE) == SECTOR_SIZE);
	KTEST_EXPECT(tdisk_read_one(f, 200 * PAGE_SIZE) == SECTOR_SIZE);
	KTEST_EXPECT(tdisk->nr_reads == 3 && tdisk->largest == SECTORS_PER_PAGE);
	obj_put(&f);
}

/*
 * A disk whose last page is not whole: a write behind the end is -ENOSPC, a read there is short,
 * and the last sectors can be written.
 */
KTEST(block_short_disk_ends_where_it_ends)
{
	u64 sectors = 21 * SECTORS_PER_PAGE + 3, size = sectors * SECTOR_SIZE;
	u8 raw[SECTOR_SIZE] = { 0 };
	struct file *f;

	KTEST_EXPECT(tdisk_make(sectors) && tdisk_add());
	f = tdisk_open();
	KTEST_EXPECT(f && f->ops->lseek(f, 0, SEEK_END) == (s64)size);
	KTEST_EXPECT(f->ops->lseek(f, 1, SEEK_END) == -EINVAL);
	KTEST_EXPECT(file_write_kernel(f, size - SECTOR_SIZE, cspan_of(raw)) == SECTOR_SIZE);
	KTEST_EXPECT(file_write_kernel(f, size, cspan_of(raw)) == -ENOSPC);
	KTEST_EXPECT(file_read_kernel(f, size - 100, span_of(raw)) == 100);
	KTEST_EXPECT(file_read_kernel(f, size, span_of(raw)) == 0);
	/* The last piece in one go, which need not be read first. */
	KTEST_EXPECT(tdisk_put(f, 21 * PAGE_SIZE, 3 * SECTOR_SIZE, 5) && !tdisk_fsync(f));
	obj_put(&f);
	f = tdisk_open();
	KTEST_EXPECT(tdisk_has(f, 21 * PAGE_SIZE, 3 * SECTOR_SIZE, 5) && !tdisk->wrong);
	obj_put(&f);
}

static struct file *shared_file;
static struct atomic writers_done;
static void write_many(unsigned i)
{
	u32 k;

	for (k = 0; k < 16; k++)
		(void)tdisk_put(shared_file, (k * 4 + i) * PAGE_SIZE, PAGE_SIZE, k * 4 + i);
	(void)tdisk_fsync(shared_file);
	atomic_add(&writers_done, 1);
}
/* Does what waits, until nothing is to wait any more. */
static void complete_some(unsigned i)
{
	u32 k;

	(void)i;
	for (k = 0; k < 20000 && load_once(tdisk->hold); k++) {
		tdisk_release_held();
		test_sleep_ms(1);
	}
	tdisk_release_held();
}
/* The place of piece @k behind what the writers write. */
static u64 past_writers(u64 k)
{
	return (128 + k) * PAGE_SIZE + 512;
}

/*
 * Many writers, and a disk that completes what waits, the last one first. Nothing is lost or mixed
 * up, and no two writes of one sector are on their way at a time (tdisk->wrong).
 */
KTEST(block_requests_done_in_any_order)
{
	u32 k, i;

	KTEST_EXPECT(tdisk_make(DISK_PAGES * SECTORS_PER_PAGE) && tdisk_add());
	shared_file = tdisk_open();
	tdisk_set_hold(true);
	KTEST_EXPECT(test_start(complete_some, 0));
	for (i = 0; i < 4; i++)
		KTEST_EXPECT(test_start(write_many, i));
	for (k = 0; k < 32; k++)
		KTEST_EXPECT(tdisk_put(shared_file, past_writers(k), 1024, 900 + k));
	KTEST_EXPECT(!tdisk_fsync(shared_file));
	while (atomic_load(&writers_done) < 4)
		test_sleep_ms(1);
	tdisk_set_hold(false);
	KTEST_EXPECT(test_wait() && !tdisk_held());
	obj_put(&shared_file);
	shared_file = tdisk_open();
	for (k = 0; k < 64; k++)
		KTEST_EXPECT(tdisk_has(shared_file, k * PAGE_SIZE, PAGE_SIZE, k));
	for (k = 0; k < 32; k++)
		KTEST_EXPECT(tdisk_has(shared_file, past_writers(k), 1024, 900 + k));
	obj_put(&shared_file);
	KTEST_EXPECT(!tdisk->wrong);
}

/* ---- syncs ---- */

/*
 * A sync sends one flush, when all writes are done and none before; without anything written it
 * sends none.
 */
KTEST(block_flush_comes_after_the_writes)
{
	struct file *f;

	KTEST_EXPECT(tdisk_make(DISK_PAGES * SECTORS_PER_PAGE) && tdisk_add());
	f = tdisk_open();
	KTEST_EXPECT(!tdisk_fsync(f) && tdisk->nr_flushes == 0); /* nothing to make safe */
	KTEST_EXPECT(tdisk_put(f, 0, 65536, 7));
	tdisk_set_hold(true);
	KTEST_EXPECT(test_start(complete_some, 0) && !tdisk_fsync(f));
	tdisk_set_hold(false);
	KTEST_EXPECT(test_wait() && tdisk->nr_flushes == 1);
	KTEST_EXPECT(tdisk->writes_at_flush == tdisk->nr_writes && tdisk->held_at_flush == 0);
	KTEST_EXPECT(!tdisk_fsync(f) && tdisk->nr_flushes == 1);
	KTEST_EXPECT(tdisk_put(f, 0, 512, 8) && !tdisk_fsync(f) && tdisk->nr_flushes == 2);
	obj_put(&f);
}

/* A page that is written again while it is on its way goes once more, after that. */
static void fsync_shared(unsigned i)
{
	(void)i;
	(void)tdisk_fsync(shared_file);
}
/* The sync must not take the write that is on its way for the one of the new data. */
KTEST(block_sync_waits_for_a_page_on_its_way)
{
	KTEST_EXPECT(tdisk_make(DISK_PAGES * SECTORS_PER_PAGE) && tdisk_add());
	shared_file = tdisk_open();
	KTEST_EXPECT(tdisk_put(shared_file, 0, PAGE_SIZE, 1));
	tdisk_set_hold(true);
	KTEST_EXPECT(test_start(fsync_shared, 0));
	while (!tdisk_held())
		test_sleep_ms(1);
	KTEST_EXPECT(tdisk_put(shared_file, 0, PAGE_SIZE, 2));
	KTEST_EXPECT(test_start(complete_some, 0) && !tdisk_fsync(shared_file));
	tdisk_set_hold(false);
	KTEST_EXPECT(test_wait() && tdisk->nr_writes == 2 && !tdisk->wrong);
	obj_put(&shared_file);
	shared_file = tdisk_open();
	KTEST_EXPECT(tdisk_has(shared_file, 0, PAGE_SIZE, 2));
	obj_put(&shared_file);
}

/* By the flusher alone, with the times made short; nobody syncs. */
KTEST(block_dirty_pages_are_written_in_time)
{
	u64 deadline = time_mono_ns() + 30 * NSEC_PER_SEC;
	struct file *f;

	KTEST_EXPECT(tdisk_make(DISK_PAGES * SECTORS_PER_PAGE) && tdisk_add());
	f = tdisk_open();
	test_hurry(false);
	KTEST_EXPECT(tdisk_put(f, 0, 512, 7) && tdisk->nr_writes == 0);
	test_hurry(true);
	while (!load_once(tdisk->nr_writes) && time_mono_ns() < deadline)
		test_sleep_ms(50);
	KTEST_EXPECT(load_once(tdisk->nr_writes) == 1);
	test_unhurry();
	obj_put(&f);
}

/* ---- errors ---- */

/*
 * Reading ahead meets the bad page and does not fail the pages before it or behind it. A whole page
 * that is written anew needs no reading, and the page is good again.
 */
KTEST(block_bad_sector_spoils_no_other)
{
	struct file *f;

	KTEST_EXPECT(tdisk_make(DISK_PAGES * SECTORS_PER_PAGE) && tdisk_add());
	f = tdisk_open();
	tdisk_bad_sectors(10 * SECTORS_PER_PAGE + 2, 10 * SECTORS_PER_PAGE + 2);
	KTEST_EXPECT(tdisk_read_one(f, 9 * PAGE_SIZE) == SECTOR_SIZE);
	KTEST_EXPECT(tdisk_read_one(f, 10 * PAGE_SIZE) == -EIO);
	KTEST_EXPECT(tdisk_read_one(f, 11 * PAGE_SIZE) == SECTOR_SIZE);
	/* A piece of the page cannot be written, for the rest is not known; all of it can. */
	KTEST_EXPECT(file_write_kernel(f, 10 * PAGE_SIZE, STR("piece")) == -EIO);
	TDISK_NO_BAD_SECTORS();
	KTEST_EXPECT(tdisk_read_one(f, 10 * PAGE_SIZE) == SECTOR_SIZE);
	obj_put(&f);
	f = tdisk_open();
	tdisk_bad_sectors(10 * SECTORS_PER_PAGE, 10 * SECTORS_PER_PAGE);
	KTEST_EXPECT(tdisk_read_one(f, 10 * PAGE_SIZE) == -EIO);
	KTEST_EXPECT(tdisk_put(f, 10 * PAGE_SIZE, PAGE_SIZE, 4));
	KTEST_EXPECT(tdisk_has(f, 10 * PAGE_SIZE, PAGE_SIZE, 4));
	TDISK_NO_BAD_SECTORS();
	KTEST_EXPECT(!tdisk_fsync(f));
	obj_put(&f);
}

/*
 * To each that had the device open when it happened, once, whichever of them wrote; not to those
 * that came later, unless nobody was there. The same for a flush that fails.
 */
KTEST(block_write_error_is_told_once_to_each)
{
	struct file *f, *g, *late;

	KTEST_EXPECT(tdisk_make(DISK_PAGES * SECTORS_PER_PAGE) && tdisk_add());
	f = tdisk_open();
	g = tdisk_open();
	tdisk_bad_sectors(0, 7);
	KTEST_EXPECT(tdisk_put(f, 0, PAGE_SIZE, 1));
	KTEST_EXPECT(tdisk_put(g, 100 * PAGE_SIZE, 512, 1));
	KTEST_EXPECT(tdisk_fsync(f) == -EIO && tdisk_fsync(f) == 0);
	late = tdisk_open();
	KTEST_EXPECT(tdisk_fsync(late) == 0 && tdisk_fsync(g) == -EIO && tdisk_fsync(g) == 0);
	TDISK_NO_BAD_SECTORS();
	KTEST_EXPECT(tdisk_put(f, 0, 512, 2) && !tdisk_fsync(f) && !tdisk_fsync(late));
	tdisk->bad_flush = true;
	KTEST_EXPECT(tdisk_put(f, 0, 512, 3) && tdisk_fsync(f) == -EIO);
	tdisk->bad_flush = false;
	KTEST_EXPECT(tdisk_fsync(f) == 0);
	obj_put(&f);
	obj_put(&g);
	obj_put(&late);
	/* Nobody was there to be told: the next is. */
	f = tdisk_open();
	tdisk_bad_sectors(0, 7);
	KTEST_EXPECT(tdisk_put(f, 0, PAGE_SIZE, 1));
	obj_put(&f);
	TDISK_NO_BAD_SECTORS();
	f = tdisk_open();
	KTEST_EXPECT(tdisk_fsync(f) == -EIO && tdisk_fsync(f) == 0);
	obj_put(&f);
}

/* ---- memory ---- */

/*
 * Clean pages first and no more than about what was asked for; what is dirty stays until it is all
 * that is left, and is written then.
 */
KTEST(block_cache_gives_pages_back)
{
	struct mapping_stats before, after;
	struct file *f;
	u64 at;

	KTEST_EXPECT(tdisk_make(DISK_PAGES * SECTORS_PER_PAGE) && tdisk_add());
	f = tdisk_open();
	KTEST_EXPECT(tdisk_put(f, 50 * PAGE_SIZE, 65536, 9));
	for (at = 0; at < DISK_PAGES * PAGE_SIZE; at += PAGE_SIZE)
		KTEST_EXPECT(tdisk_read_one(f, at) == SECTOR_SIZE);
	mapping_get_stats(&before);
	KTEST_EXPECT(before.pages == DISK_PAGES && before.dirty == 16);
	at = pagecache_reclaim(100);
	KTEST_EXPECT(at >= 100 && at < 200);
	mapping_get_stats(&after);
	KTEST_EXPECT(after.pages == before.pages - at && after.dirty == 16);
	/* All of it, what is dirty too. */
	while (pagecache_reclaim(1000))
		;
	mapping_get_stats(&after);
	KTEST_EXPECT(after.pages == 0 && after.dirty == 0 && after.writing == 0);
	KTEST_EXPECT(tdisk_has(f, 50 * PAGE_SIZE, 65536, 9) && !tdisk->wrong);
	obj_put(&f);
}

/* ---- open ---- */

/*
 * Of two exclusive opens the second is refused; others may open meanwhile, and after the close it
 * can be had again.
 */
KTEST(block_exclusive_opens)
{
	struct file *f, *g;

	KTEST_EXPECT(tdisk_make(DISK_PAGES * SECTORS_PER_PAGE) && tdisk_add());
	f = tdisk_open_dev(tdisk_dev, O_RDWR | O_EXCL);
	KTEST_EXPECT(f && !tdisk_open_dev(tdisk_dev, O_RDWR | O_EXCL));
	g = tdisk_open_dev(tdisk_dev, O_RDONLY);
	KTEST_EXPECT(g);
	obj_put(&f);
	f = tdisk_open_dev(tdisk_dev, O_RDONLY | O_EXCL);
	KTEST_EXPECT(f);
	obj_put(&f);
	obj_put(&g);
	KTEST_EXPECT(!tdisk_open_dev(MKDEV(MAJOR, 4095), O_RDONLY));
}

/* Refused at the open, not at the write; a sync of it is no error. */
KTEST(block_read_only_disk)
{
	struct file *f;

	KTEST_EXPECT(tdisk_make(DISK_PAGES * SECTORS_PER_PAGE));
	tdisk_add_read_only = true;
	KTEST_EXPECT(tdisk_add());
	tdisk_add_read_only = false;
	KTEST_EXPECT(!tdisk_open_dev(tdisk_dev, O_RDWR) && !tdisk_open_dev(tdisk_dev, O_WRONLY));
	f = tdisk_open_dev(tdisk_dev, O_RDONLY);
	KTEST_EXPECT(f && tdisk_read_one(f, 0) == SECTOR_SIZE && !tdisk_fsync(f));
	obj_put(&f);
	KTEST_EXPECT(tdisk->nr_writes == 0);
}

/* ---- partitions ---- */

/* Whether the @n-th partition of the present disk is that one. */
static bool has_partition(u32 number, u64 start, u64 sectors)
{
	struct block_info b;
	u32 i;

	for (i = 0; block_nth(i, &b); i++) {
		if (b.partition == number && b.start == start && b.sectors == sectors &&
			b.disk_len == 2 && b.disk[1] == 'a' + tdisk_next - 1)
			return b.name_len == 3 && b.name[2] == '0' + number;
	}
	return false;
}

static u32 nr_partitions(void)
{
	struct block_info b;
	u32 i, n = 0;

	for (i = 0; block_nth(i, &b); i++)
		n += b.partition && b.disk[1] == 'a' + tdisk_next - 1;
	return n;
}

/*
 * Primary and logical ones. Entries that end behind the disk are cut, those that begin there are
 * dropped, and a chain of extended ones that leads to itself ends.
 */
KTEST(block_mbr_partitions)
{
	struct file *f, *g;
	struct block_info b;

	KTEST_EXPECT(tdisk_make(DISK_PAGES * SECTORS_PER_PAGE));
	tdisk_put_mbr(0, 0, 0x83, 64, 100);
	tdisk_put_mbr(0, 1, 0x0f, 512, 1024);
	tdisk_put_mbr(0, 2, 0x83, 1600, 10000); /* ends behind the disk */
	tdisk_put_mbr(0, 3, 0x83, 100000, 1);   /* is behind it */
	tdisk_put_mbr(512, 0, 0x83, 8, 100);
	tdisk_put_mbr(512, 1, 0x05, 200, 300);
	tdisk_put_mbr(712, 0, 0x83, 8, 50);
	tdisk_put_mbr(712, 1, 0x05, 200, 300); /* leads to itself */
	KTEST_EXPECT(tdisk_add() && nr_partitions() == 5);
	KTEST_EXPECT(has_partition(1, 64, 100) && has_partition(2, 512, 2));
	KTEST_EXPECT(has_partition(3, 1600, 448) && has_partition(5, 520, 100));
	KTEST_EXPECT(has_partition(6, 720, 50));
	/* The first four numbers are the disk's, then there are others. */
	KTEST_EXPECT(block_info_of(tdisk_dev + 3, &b) && b.partition == 3);
	KTEST_EXPECT(!block_info_of(tdisk_dev + 5, &b));
	f = tdisk_open_dev(tdisk_dev + 1, O_RDWR);
	KTEST_EXPECT(f && tdisk_put(f, 0, 100 * SECTOR_SIZE, 1));
	KTEST_EXPECT(file_write_kernel(f, 100 * SECTOR_SIZE, STR("x")) == -ENOSPC);
	/* Exclusive use of a part keeps the whole from being had so. */
	g = tdisk_open_dev(tdisk_dev + 1, O_RDONLY | O_EXCL);
	KTEST_EXPECT(g && !tdisk_open_dev(tdisk_dev, O_RDONLY | O_EXCL));
	obj_put(&g);
	obj_put(&f);
	f = tdisk_open();
	KTEST_EXPECT(f && tdisk_has(f, 64 * SECTOR_SIZE, 100 * SECTOR_SIZE, 1) && !tdisk->wrong);
	obj_put(&f);
}

/* That of a GUID partition table, bit by bit. */
static u32 crc32(u32 crc, struct cspan s)
{
	size_t i;
	u32 k;

	for (i = 0; i < cspan_len(s); i++) {
		crc ^= span_byte(s, i);
		for (k = 0; k < 8; k++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
	}
	return crc;
}

/* A table of four entries with its header at @here, one partition in the second. */
static void put_gpt(u64 here, u64 entries, u64 first, u64 last)
{
	u64 e[64] = { 0 };
	u32 h[23] = { 0x20494645, 0x54524150, 0x10000, 92 };

	e[16] = e[18] = 1;
	e[20] = first;
	e[21] = last;
	tdisk_put_sector(entries, value_cspan(&e), 0);
	h[6] = (u32)here;
	h[18] = (u32)entries;
	h[20] = 4;
	h[21] = 128;
	h[22] = ~crc32(~0u, value_cspan(&e));
	h[4] = ~crc32(~0u, value_cspan(&h));
	tdisk_put_sector(here, value_cspan(&h), 0);
}

/*
 * With a good table; with a bad header, so that the backup is used, whose partition is larger here;
 * and with both bad, where there are none.
 */
KTEST(block_gpt_and_its_backup)
{
	u64 end = DISK_PAGES * SECTORS_PER_PAGE - 1;
	u32 i;

	for (i = 0; i < 3; i++) {
		KTEST_EXPECT(tdisk_make(DISK_PAGES * SECTORS_PER_PAGE));
		tdisk_put_mbr(0, 0, 0xee, 1, (u32)end);
		put_gpt(1, 2, 40, 139);
		put_gpt(end, end - 1, 40, 239);
		if (i > 0)
			tdisk_put_sector(1, STR("x"), 80); /* in the header */
		if (i > 1)
			tdisk_put_sector(end - 1, STR("x"), 300); /* in the backup's entries */
		KTEST_EXPECT(tdisk_add() && nr_partitions() == (i < 2));
		KTEST_EXPECT(i == 2 || has_partition(2, 40, i ? 200 : 100));
	}
}

/* The disk is there nevertheless, without partitions. */
KTEST(block_table_that_cannot_be_read)
{
	struct file *f;

	KTEST_EXPECT(tdisk_make(DISK_PAGES * SECTORS_PER_PAGE));
	tdisk_bad_sectors(0, 0);
	KTEST_EXPECT(tdisk_add() && nr_partitions() == 0);
	f = tdisk_open();
	KTEST_EXPECT(f && tdisk_read_one(f, 8 * PAGE_SIZE) == SECTOR_SIZE);
	obj_put(&f);
}

/* Two of one name or of one number, one without sectors, one without a name. */
KTEST(block_disks_that_cannot_be)
{
	struct disk_params p = {
		.name = LIT("taken"), .major = MAJOR, .first_minor = 4000, .minors = 4, .sectors = 8
	};

	KTEST_EXPECT(tdisk_make(8) && !disk_add(&p, &tdisk_ops, &tdisk->obj));
	p.first_minor = 4004;
	KTEST_EXPECT(disk_add(&p, &tdisk_ops, &tdisk->obj) == -EINVAL);
	p.name = LIT("free");
	p.first_minor = 4000;
	KTEST_EXPECT(disk_add(&p, &tdisk_ops, &tdisk->obj) == -EINVAL);
	p.first_minor = 4004;
	p.sectors = 0;
	KTEST_EXPECT(disk_add(&p, &tdisk_ops, &tdisk->obj) == -EINVAL);
	p.sectors = 8;
	p.name = LIT("");
	KTEST_EXPECT(disk_add(&p, &tdisk_ops, &tdisk->obj) == -EINVAL);
	block_settle();
}
