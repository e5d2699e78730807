// SPDX-License-Identifier: MPL-2.0
/*
 * Opens of block devices, by programs and by the kernel, and walks over them (kernel/block/).
 *
 * Opens by a program go through a node in the file system, those by the kernel through block_open.
 * Where a test asks who waits for whom, the disk holds its writes.
 */
#include <kernel/block.h>
#include <kernel/chrdev.h>
#include <kernel/mapping.h>
#include <kernel/super.h>
#include <uapi/fs.h>

#include "../block/bdev.h"
#include "tdisk.h"

/* A disk with two partitions. */
static bool add_parted(void)
{
	if (!tdisk_make(DISK_PAGES * SECTORS_PER_PAGE))
		return false;
	tdisk_put_mbr(0, 0, 0x83, 64, 100);
	tdisk_put_mbr(0, 1, 0x83, 512, 200);
	return tdisk_add();
}

/* ---- the last close ---- */

static struct file *closing;
static void close_it(unsigned i)
{
	(void)i;
	obj_put(&closing);
}

static struct atomic nr_opened;
static void open_others(unsigned i)
{
	struct file *f = tdisk_open_dev(tdisk_dev + 2, O_RDONLY), *g = tdisk_open();

	(void)i;
	obj_put(&f);
	obj_put(&g);
	atomic_add(&nr_opened, 1);
}

static void open_same(unsigned i)
{
	struct file *f = tdisk_open_dev(tdisk_dev + 1, O_RDONLY);

	(void)i;
	if (f && tdisk_has(f, 0, 8192, 5))
		atomic_add(&nr_opened, 1);
	obj_put(&f);
}

/* The disk does not end the writes of a close: other devices of the disk open and close. */
KTEST(block_close_holds_up_no_other)
{
	KTEST_EXPECT(add_parted());
	closing = tdisk_open_dev(tdisk_dev + 1, O_RDWR);
	KTEST_EXPECT(closing && tdisk_put(closing, 0, 8192, 5));
	tdisk_set_hold(true);
	KTEST_EXPECT(test_start(close_it, 0));
	while (!tdisk_held())
		test_sleep_ms(1);
	atomic_store(&nr_opened, 0);
	KTEST_EXPECT(test_start(open_others, 0) && test_until(&nr_opened, 1));
	/* The same device opens when it is closed. */
	KTEST_EXPECT(test_start(open_same, 0));
	tdisk_set_hold(false);
	tdisk_release_held();
	KTEST_EXPECT(test_wait() && atomic_load(&nr_opened) == 2 && !tdisk->wrong);
}

/* ---- partitions that shrink ---- */

/*
 * A page that the last close could not write, as if memory had been out then: it is written before
 * the partition shrinks, or nobody would ever write it.
 */
KTEST(block_shrunk_partition_has_nothing_dirty)
{
	struct page *p = page_alloc(PAGE_USER | PAGE_ZEROED);
	struct bdev *whole, *b;

	KTEST_EXPECT(p && add_parted());
	whole = bdev_find(tdisk_dev);
	b = bdev_find(tdisk_dev + 2);
	KTEST_EXPECT(whole && b && !mapping_put_whole(mapping_of(b), 10, p, 0));
	KTEST_EXPECT(atomic_load(&mapping_of(b)->nr_dirty) == 1);
	KTEST_EXPECT(!disk_change_partition(whole, PARTITION_RESIZE, 2, 512, 8));
	KTEST_EXPECT(!atomic_load(&mapping_of(b)->nr_dirty) && !b->inode->pages.nr_pages);
	KTEST_EXPECT(tdisk->nr_writes == 1 && b->inode->size == 8 * SECTOR_SIZE && !tdisk->wrong);
	page_put(&p);
	obj_put(&b);
	obj_put(&whole);
}

/* ---- walks ---- */

static void sync_all(unsigned i)
{
	(void)i;
	ignore_error(fs_sync_all());
}

/* While a sync flushes one disk, a partition of an earlier one is removed. */
KTEST(block_sync_skips_no_disk)
{
	struct test_disk *first, *middle;
	struct bdev *whole;
	struct file *f, *g;

	KTEST_EXPECT(add_parted());
	first = obj_get(tdisk);
	whole = bdev_find(tdisk_dev);
	KTEST_EXPECT(whole && tdisk_make(DISK_PAGES * SECTORS_PER_PAGE) && tdisk_add());
	middle = obj_get(tdisk);
	f = tdisk_open();
	KTEST_EXPECT(f && tdisk_put(f, 0, 4096, 1));
	KTEST_EXPECT(!mapping_sync(f->host->mapping, 0, ~0ul));
	KTEST_EXPECT(tdisk_make(DISK_PAGES * SECTORS_PER_PAGE) && tdisk_add());
	g = tdisk_open();
	KTEST_EXPECT(g && tdisk_put(g, 0, 4096, 2));
	KTEST_EXPECT(!mapping_sync(g->host->mapping, 0, ~0ul));
	tdisk = middle;
	tdisk_set_hold(true);
	KTEST_EXPECT(test_start(sync_all, 0));
	while (!tdisk_held())
		test_sleep_ms(1);
	KTEST_EXPECT(middle->nr_flushes == 1);
	KTEST_EXPECT(!disk_change_partition(whole, PARTITION_DELETE, 1, 0, 0));
	tdisk_set_hold(false);
	tdisk_release_held();
	tdisk = obj_cast(test_disk, bdev_of(g->host)->disk->owner);
	KTEST_EXPECT(test_wait() && tdisk->nr_flushes == 1);
	obj_put(&f);
	obj_put(&g);
	obj_put(&whole);
	obj_put(&first);
}

/* ---- opens by the kernel ---- */

struct holder {
	struct obj obj;
	u32 nr_gone;
};
OBJ_TYPE_DECL(holder);
OBJ_TYPE(holder, NULL_RELEASE);

static void is_gone(struct obj *owner)
{
	struct holder *h = obj_cast(holder, owner);

	store_once(h->nr_gone, h->nr_gone + 1);
}
static const struct block_holder_ops holder_ops = { .gone = is_gone };

/*
 * As a mount has it: exclusive against programs and others, on the partition and on the whole disk.
 * The partition cannot be removed meanwhile. The last close writes, whoever it is.
 */
KTEST(block_open_by_the_kernel)
{
	struct block_file *bf = NULL, *other = NULL;
	struct holder *h = obj_new(holder);
	struct bdev *whole;
	struct page *p = NULL;
	struct file *f;

	KTEST_EXPECT(h && add_parted());
	whole = bdev_find(tdisk_dev);
	KTEST_EXPECT(!block_open(tdisk_dev + 1, true, &holder_ops, &h->obj, &bf));
	KTEST_EXPECT(block_open(tdisk_dev + 1, true, NULL, NULL, &other) == -EBUSY && !other);
	KTEST_EXPECT(block_open(tdisk_dev, true, NULL, NULL, &other) == -EBUSY);
	KTEST_EXPECT(block_open(MKDEV(MAJOR, 4095), true, NULL, NULL, &other) == -ENXIO);
	KTEST_EXPECT(!tdisk_open_dev(tdisk_dev + 1, O_RDWR | O_EXCL));
	/* A program's close leaves the cache alone. */
	KTEST_EXPECT(!mapping_get_meta(block_mapping(bf), 1, &p));
	page_put(&p);
	f = tdisk_open_dev(tdisk_dev + 1, O_RDWR);
	KTEST_EXPECT(f && tdisk_put(f, 0, 4096, 3));
	obj_put(&f);
	KTEST_EXPECT(block_device(bf)->inode->pages.nr_pages >= 2 && tdisk->nr_writes == 0);
	KTEST_EXPECT(disk_change_partition(whole, PARTITION_DELETE, 1, 0, 0) == -EBUSY);
	KTEST_EXPECT(disk_rescan(whole) == -EBUSY);
	block_close(&bf);
	KTEST_EXPECT(!bf && tdisk->nr_writes == 1);
	KTEST_EXPECT(!disk_change_partition(whole, PARTITION_DELETE, 1, 0, 0) && !h->nr_gone);
	obj_put(&whole);
	obj_put(&h);
}

/* The barrier of a journal: once it returns, what was written before is on the medium. */
KTEST(block_flush_by_the_kernel)
{
	struct block_file *bf = NULL;
	struct file *f;

	KTEST_EXPECT(add_parted());
	KTEST_EXPECT(!block_open(tdisk_dev + 1, true, NULL, NULL, &bf));
	KTEST_EXPECT(!block_flush(bf) && tdisk->nr_flushes == 0); /* nothing to make safe */
	f = tdisk_open_dev(tdisk_dev + 1, O_RDWR);
	KTEST_EXPECT(f && tdisk_put(f, 0, 4096, 3));
	KTEST_EXPECT(!mapping_sync(block_mapping(bf), 0, ~0ul) && tdisk->nr_writes == 1);
	KTEST_EXPECT(!block_flush(bf) && tdisk->nr_flushes == 1 && tdisk->writes_at_flush == 1);
	KTEST_EXPECT(tdisk_put(f, 0, 4096, 4) && !mapping_sync(block_mapping(bf), 0, ~0ul));
	tdisk->bad_flush = true;
	KTEST_EXPECT(block_flush(bf) == -EIO);
	tdisk->bad_flush = false;
	obj_put(&f);
	block_close(&bf);
}

/*
 * The holder is told once. Requests fail without reaching the driver, opens fail, and what was open
 * can be closed.
 */
KTEST(block_disk_that_goes)
{
	struct block_file *bf = NULL, *other = NULL;
	struct holder *h = obj_new(holder);
	struct file *f;
	u32 reads;
	int err;

	KTEST_EXPECT(h && add_parted());
	KTEST_EXPECT(!block_open(tdisk_dev + 1, true, &holder_ops, &h->obj, &bf));
	f = tdisk_open_dev(tdisk_dev + 2, O_RDONLY);
	KTEST_EXPECT(f && tdisk_read_one(f, 0) == SECTOR_SIZE);
	disk_gone(&tdisk->obj);
	disk_gone(&tdisk->obj);
	KTEST_EXPECT(h->nr_gone == 1);
	reads = tdisk->nr_reads;
	KTEST_EXPECT(tdisk_read_one(f, 20 * PAGE_SIZE) == -EIO && tdisk->nr_reads == reads);
	err = block_open(tdisk_dev + 2, false, NULL, NULL, &other);
	KTEST_EXPECT(err == -ENXIO && !other && !tdisk_open());
	block_close(&bf);
	obj_put(&f);
	obj_put(&h);
}
