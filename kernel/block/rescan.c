// SPDX-License-Identifier: MPL-2.0
/*
 * How partitions are added and removed: a partition table is read (again), or single partitions are
 * changed (BLKPG).
 *
 * How the partition table is read again. Under scan_lock, one at a time: under disk->lock the scan
 * checks that no partition is open and sets scanning, so that none can be opened. It reads the
 * table through the cache of the whole disk, removes the devices of the old partitions and adds the
 * new ones. Then scanning is cleared. An open that meets scanning waits on scan_lock and looks the
 * device up again (open.c). If memory is out in the middle, some partitions are missing, and the
 * caller gets -ENOMEM.
 *
 * Locking: disk.scan_lock, then disk.lock.
 */
#include <frame/fmt.h>
#include <frame/log.h>

#include "bdev.h"
#include "partition.h"

/* ---- reading the table ---- */

static int read_sector(struct obj *owner, u64 sector, struct span out)
{
	struct bdev *b = obj_cast(bdev, owner);
	struct page *p = NULL;
	int err = mapping_get_page(mapping_of(b), sector / SECTORS_PER_PAGE, true, &p);

	if (!err)
		page_read(p, sector % SECTORS_PER_PAGE * SECTOR_SIZE, out);
	page_put(&p);
	return err;
}
static const struct sector_reader cache_reader = { .read = read_sector };

static void tell_fault(const struct bdev *b, enum table_fault fault)
{
	u8 line[96];
	FMT(f, span_of(line));

	fmt_span(&f, cspan_first(cspan_of(b->name), b->name_len));
	fmt_lit(&f, LIT(": "));
	switch (fault) {
	case TABLE_GOOD:
		return;
	case TABLE_UNREADABLE:
		fmt_lit(&f, LIT("the partition table cannot be read"));
		break;
	case TABLE_BACKUP_USED:
		fmt_lit(&f, LIT("the partition table (GPT) is damaged: its backup is used"));
		break;
	case TABLE_GPT_DAMAGED:
		fmt_lit(&f,
			LIT("the partition table (GPT) and its backup are damaged: no partitions"));
		break;
	case TABLE_RANGE_BAD:
		fmt_lit(&f, LIT("a partition is not within the disk and is left out"));
		break;
	case TABLE_CUT:
		fmt_lit(&f, LIT("a partition ends behind the end of the disk and is cut"));
		break;
	case TABLE_CHAIN_BAD:
		fmt_lit(&f, LIT("the chain of logical partitions is broken: the rest is left out"));
		break;
	case TABLE_TOO_MANY:
		fmt_printf(&f, "more than %u partitions: the rest is left out", MAX_PARTITIONS);
		break;
	}
	log_text(LOG_WARNING, fmt_text(&f));
}

/* "mmcblk0: 31116288 sectors, partitions 1 2" */
static void tell_partitions(const struct bdev *b, const struct partition_table *t)
{
	u8 line[160];
	FMT(f, span_of(line));
	u32 i;

	fmt_span(&f, cspan_first(cspan_of(b->name), b->name_len));
	fmt_printf(&f, ": %lu sectors", b->sectors);
	if (t->nr)
		fmt_lit(&f, t->kind == TABLE_GPT ? LIT(", GPT partitions") : LIT(", partitions"));
	for (i = 0; i < t->nr; i++)
		fmt_printf(&f, " %u", array_at(t->entry, i)->number);
	log_text(LOG_INFO, fmt_text(&f));
}

static void remove_partitions(struct disk *d)
{
	struct bdev *b;

	while ((b = bdev_any_partition(d)) != NULL) {
		bdev_remove(b);
		obj_put(&b);
	}
}

static int add_partitions(struct bdev *whole, const struct partition_table *t)
{
	int err = 0;
	u32 i;

	for (i = 0; i < t->nr && !err; i++) {
		const struct partition_entry *const e = array_at(t->entry, i);
		struct bdev *b = bdev_new(whole->disk, whole, e->number, e->start, e->sectors);
		err = b ? bdev_insert(b) : -ENOMEM;
		obj_put(&b);
	}
	return err;
}

/*
 * Reads the partition table and replaces the partitions. Context: scan_lock held, scanning set, no
 * partition is open. A table that is damaged or cannot be read gives fewer partitions, or none; the
 * log says which case it is.
 */
static int disk_scan(struct bdev *whole)
{
	struct partition_table *t = obj_new(partition_table);
	int err;

	if (!t)
		return -ENOMEM;
	err = partition_scan(&cache_reader, &whole->obj, whole->sectors, t);
	if (!err) {
		tell_fault(whole, t->fault);
		tell_partitions(whole, t);
		remove_partitions(whole->disk);
		err = add_partitions(whole, t);
	}
	obj_put(&t);
	mapping_invalidate(mapping_of(whole));
	return err;
}

/*
 * scanning is set under disk->lock together with the check that no partition is open. So an open
 * comes before it, and then the scan is refused, or finds it set and waits for scan_lock (open.c).
 */
int disk_rescan(struct bdev *whole)
{
	struct disk *d = whole->disk;
	int err = 0;

	mutex_lock(&d->scan_lock);
	mutex_lock(&d->lock);
	if (d->nr_open_parts)
		err = -EBUSY;
	d->scanning = !err;
	mutex_unlock(&d->lock);
	if (!err)
		err = disk_scan(whole);
	mutex_lock(&d->lock);
	d->scanning = false;
	mutex_unlock(&d->lock);
	mutex_unlock(&d->scan_lock);
	return err;
}

/* ---- single partitions: BLKPG ---- */

/*
 * scan_lock, which the caller holds, makes the check and the insertion one step among all changes
 * of the table.
 */
static int add_partition(struct bdev *whole, u32 number, u64 start, u64 sectors)
{
	bool overlaps;
	struct bdev *b = bdev_partition(whole->disk, number, start, sectors, &overlaps);
	int err;

	if (b || overlaps) {
		obj_put(&b);
		return -EBUSY;
	}
	b = bdev_new(whole->disk, whole, number, start, sectors);
	err = b ? bdev_insert(b) : -ENOMEM;
	obj_put(&b);
	return err;
}

/* scanning keeps openers out between the check and the removal. */
static int delete_partition(struct bdev *whole, u32 number)
{
	struct disk *d = whole->disk;
	bool overlaps, busy;
	struct bdev *b = bdev_partition(d, number, 0, 0, &overlaps);

	if (!b)
		return -ENXIO;
	mutex_lock(&d->lock);
	busy = b->openers;
	d->scanning = !busy;
	mutex_unlock(&d->lock);
	if (!busy)
		bdev_remove(b);
	mutex_lock(&d->lock);
	d->scanning = false;
	mutex_unlock(&d->lock);
	obj_put(&b);
	return busy ? -EBUSY : 0;
}

/*
 * An open partition can only grow, and only if its last page is whole: a partial last page was
 * zeroed past the old end in the cache.
 *
 * A partition that nobody has open may still have pages, whose write has found no memory at the
 * last close. They are written before the partition shrinks, since nothing behind the end is ever
 * written; if that fails, it stays as it is. scanning keeps openers out meanwhile.
 */
static int resize_partition(struct bdev *whole, u32 number, u64 start, u64 sectors)
{
	struct disk *d = whole->disk;
	bool overlaps;
	struct bdev *b = bdev_partition(d, number, start, sectors, &overlaps);
	int err;

	if (!b)
		return -ENXIO;
	mutex_lock(&d->lock);
	err = start != b->start ? -EINVAL
		: overlaps ||
			(b->openers && (sectors < b->sectors || b->sectors % SECTORS_PER_PAGE))
		? -EBUSY
		: 0;
	d->scanning = !err;
	mutex_unlock(&d->lock);
	if (!err && sectors < b->sectors) {
		err = mapping_sync(mapping_of(b), 0, ~0ul);
		if (!err)
			mapping_drop(mapping_of(b));
	}
	mutex_lock(&d->lock);
	if (!err) {
		store_once(b->sectors, sectors);
		store_once(b->inode->size, sectors * SECTOR_SIZE);
	}
	d->scanning = false;
	mutex_unlock(&d->lock);
	obj_put(&b);
	return err;
}

int disk_change_partition(struct bdev *whole, enum partition_change what, u32 number, u64 start,
	u64 sectors)
{
	int err;

	mutex_lock(&whole->disk->scan_lock);
	err = what == PARTITION_ADD        ? add_partition(whole, number, start, sectors)
		: what == PARTITION_DELETE ? delete_partition(whole, number)
					   : resize_partition(whole, number, start, sectors);
	mutex_unlock(&whole->disk->scan_lock);
	return err;
}
