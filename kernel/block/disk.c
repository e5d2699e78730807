// SPDX-License-Identifier: MPL-2.0
/*
 * Disks: the registry of block devices, and how partitions are added and removed.
 *
 * How a disk is added. disk_add makes the device of the whole disk, puts it in the registry and
 * makes its node in /dev. From then on it can be opened. Reading the partition table requires the
 * driver, which may be the caller, so a task of its own does it (scan_run). block_settle waits for
 * these tasks at boot.
 *
 * How the partition table is read again. Under scan_lock, one at a time: under disk->lock the scan
 * checks that no partition is open and sets scanning, so that none can be opened. It reads the
 * table through the cache of the whole disk, removes the devices of the old partitions and adds the
 * new ones. Then scanning is cleared. An open that meets scanning waits on scan_lock and looks the
 * device up again (file.c). If memory is out in the middle, some partitions are missing, and the
 * caller gets -ENOMEM.
 *
 * The registry lists each disk before its partitions, and these by number.
 * Locking: disk.scan_lock, then disk.lock; registry_lock, a spin lock, is innermost.
 */
#include <frame/fmt.h>
#include <frame/log.h>
#include <frame/task.h>
#include <frame/time.h>
#include <kernel/chrdev.h>
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/list.h>
#include <kernel/locks.h>
#include <kernel/mm.h>
#include <kernel/super.h>
#include <uapi/fs.h>

#include "../fs/fs.h"
#include "bdev.h"
#include "partition.h"

#define MAX_NAME  24u /* leaves room for a suffix pNNN */
#define SETTLE_NS (10 * NSEC_PER_SEC)

static struct spinlock registry_lock; /* guards the list */
static LIST_HEAD(bdev) devices;       /* references */

static struct super *bdev_super;
static struct mutex super_lock; /* guards its creation */
static const struct fs_type bdev_type = { .name = LIT("bdev"), .nodev = true };
static int flush_disks(struct super *sb);
static const struct super_ops bdev_super_ops = { .sync_fs = flush_disks };

static struct atomic nr_scans; /* scan tasks that have not ended */
static struct waitq scans_done;
static bool started;

static void disk_release(struct disk *d)
{
	obj_put_any(&d->owner);
}
OBJ_TYPE(disk, disk_release);

static void bdev_release(struct bdev *b)
{
	obj_put(&b->inode);
	obj_put(&b->whole);
	obj_put(&b->disk);
}
OBJ_TYPE(bdev, bdev_release);

/* ---- looking up ---- */

static struct bdev *find_locked(u64 dev)
{
	struct bdev *b;

	list_for_each(b, &devices, link) {
		if (b->dev == dev)
			return b;
	}
	return NULL;
}

struct bdev *bdev_find(u64 dev)
{
	struct bdev *b;

	spin_lock(&registry_lock);
	b = find_locked(dev);
	if (b)
		(void)obj_get(b);
	spin_unlock(&registry_lock);
	return b;
}

struct bdev *bdev_nth(u32 i)
{
	struct bdev *b;

	spin_lock(&registry_lock);
	list_for_each(b, &devices, link) {
		if (i-- == 0) {
			(void)obj_get(b);
			break;
		}
	}
	spin_unlock(&registry_lock);
	return b;
}

struct bdev *bdev_of(struct inode *ino)
{
	return obj_cast(bdev, ino->private);
}

static const struct file_ops *blkdev_find(u64 rdev)
{
	bool there;

	spin_lock(&registry_lock);
	there = find_locked(rdev) != NULL;
	spin_unlock(&registry_lock);
	return there ? &bdev_fops : NULL;
}

u32 physical_block(const struct bdev *b)
{
	return max(b->disk->params.physical_block, SECTOR_SIZE);
}

static void fill_info(const struct bdev *b, struct block_info *out)
{
	const struct bdev *whole = b->whole ? b->whole : b;

	out->name_len = (u32)span_copy(span_of(out->name),
		cspan_first(cspan_of(b->name), b->name_len));
	out->disk_len = (u32)span_copy(span_of(out->disk),
		cspan_first(cspan_of(whole->name), whole->name_len));
	out->dev = b->dev;
	out->partition = b->partition;
	out->start = b->start;
	out->sectors = b->sectors;
	out->disk_dev = whole->dev;
	out->readahead_bytes = load_once(mapping_of(b)->readahead_pages) * PAGE_SIZE;
	out->physical_block = physical_block(b);
	out->minors = b->disk->params.minors;
	out->reads = atomic_load(&b->reads);
	out->sectors_read = atomic_load(&b->sectors_read);
	out->writes = atomic_load(&b->writes);
	out->sectors_written = atomic_load(&b->sectors_written);
	out->flushes = atomic_load(&b->flushes);
	out->in_flight = atomic_load(&b->in_flight);
	out->read_only = b->disk->params.read_only || load_once(b->read_only);
	out->removable = b->disk->params.removable;
}

bool block_nth(u32 i, struct block_info *out)
{
	struct bdev *b = bdev_nth(i);
	bool there = b;

	if (b)
		fill_info(b, out);
	obj_put(&b);
	return there;
}

bool block_info_of(u64 dev, struct block_info *out)
{
	struct bdev *b = bdev_find(dev);
	bool there = b;

	if (b)
		fill_info(b, out);
	obj_put(&b);
	return there;
}

u64 block_cached_pages(void)
{
	struct bdev *b;
	u64 n = 0;
	u32 i;

	for (i = 0; (b = bdev_nth(i)) != NULL; i++) {
		n += load_once(b->inode->pages.nr_pages);
		obj_put(&b);
	}
	return n;
}

/*
 * The last step of sync(2): what file systems have put into the caches of their devices is written,
 * and the disks are flushed, in the order of the registry.
 */
static int flush_disks(struct super *sb)
{
	struct bdev *b;
	int err = 0, e;
	u32 i;

	(void)sb;
	for (i = 0; (b = bdev_nth(i)) != NULL; i++) {
		e = mapping_sync(mapping_of(b), 0, ~0ul);
		if (!e)
			e = disk_flush(b);
		err = err ? err : e;
		obj_put(&b);
	}
	return err;
}

/* ---- adding devices ---- */

static int make_super(void)
{
	int err = 0;

	mutex_lock(&super_lock);
	if (!bdev_super) {
		bdev_super = super_new(&bdev_type, &bdev_super_ops);
		err = bdev_super ? 0 : -ENOMEM;
	}
	mutex_unlock(&super_lock);
	return err;
}

/* Makes the name: mmcblk0p1, sda1. The p stands only after a digit. */
static void make_name(struct bdev *b)
{
	struct cspan disk = lit_span(b->disk->params.name);
	u8 last = span_byte(disk, cspan_len(disk) - 1);
	FMT(f, span_of(b->name));

	fmt_span(&f, disk);
	if (b->partition) {
		if (last >= '0' && last <= '9')
			fmt_char(&f, 'p');
		fmt_printf(&f, "%u", b->partition);
	}
	b->name_len = (u32)fmt_len(&f);
}

static struct bdev *bdev_new(struct disk *d, struct bdev *whole, u32 partition, u64 start,
	u64 sectors)
{
	struct bdev *b = obj_new(bdev);

	if (!b)
		return NULL;
	b->inode = inode_new(bdev_super, S_IFBLK | 0600);
	if (!b->inode || inode_set_mapping(b->inode, &bdev_mops) ||
		mapping_set_own_room(b->inode->mapping)) {
		obj_put(&b);
		return NULL;
	}
	lock_level(&mapping_of(b)->invalidate_lock, LOCK_INVALIDATE_DEV);
	b->disk = obj_get(d);
	b->whole = whole ? obj_get(whole) : NULL;
	b->partition = partition;
	b->start = start;
	b->sectors = sectors;
	b->block_size = sectors % SECTORS_PER_PAGE ? SECTOR_SIZE : PAGE_SIZE;
	b->late = load_once(started);
	b->inode->size = sectors * SECTOR_SIZE;
	make_name(b);
	return b;
}

static bool name_taken(const struct bdev *b)
{
	struct bdev *o;

	list_for_each(o, &devices, link) {
		if (cspan_equal(cspan_first(cspan_of(o->name), o->name_len),
			    cspan_first(cspan_of(b->name), b->name_len)))
			return true;
	}
	return false;
}

/* The device number: from the disk's own minors, or a free one of EXT_MAJOR. registry_lock held. */
static u64 number_for(const struct bdev *b)
{
	const struct disk_params *const p = &b->disk->params;
	u32 minor;

	if (b->partition < p->minors)
		return MKDEV(p->major, p->first_minor + b->partition);
	for (minor = 0; find_locked(MKDEV(EXT_MAJOR, minor)); minor++)
		;
	return MKDEV(EXT_MAJOR, minor);
}

/*
 * Puts the device in the registry, after the devices of its disk with lower numbers, and makes its
 * node in /dev. The registry takes references of its own. A node that cannot be made is only
 * logged. Returns 0, or -EINVAL if the name or number is taken.
 */
static int insert(struct bdev *b)
{
	struct bdev *o, *behind = NULL;
	int err = 0;

	spin_lock(&registry_lock);
	b->dev = number_for(b);
	if (name_taken(b) || find_locked(b->dev)) {
		err = -EINVAL;
	} else {
		list_for_each(o, &devices, link) {
			if (o->disk == b->disk && o->partition < b->partition)
				behind = list_next(o, link);
		}
		b->inode->rdev = b->dev;
		b->inode->private = obj_get_any(&b->obj);
		(void)obj_get(b);
		if (behind)
			list_insert_before(&devices, behind, b, link);
		else
			list_push_back(&devices, b, link);
	}
	spin_unlock(&registry_lock);
	if (!err) {
		err = devtmpfs_add_name(cspan_first(cspan_of(b->name), b->name_len), S_IFBLK | 0600,
			b->dev);
		if (err) {
			log_text(LOG_WARNING, cspan_first(cspan_of(b->name), b->name_len));
			log_warn("this device has no node in /dev: error %d", -err);
		}
		err = 0;
	}
	return err;
}

/*
 * Removes a device that is not open from the registry and empties its cache. gone keeps openers out
 * that have found it already. Context: disk->lock not held.
 */
static void remove(struct bdev *b)
{
	struct inode *ino = b->inode;

	mutex_lock(&b->disk->lock);
	b->gone = true;
	mutex_unlock(&b->disk->lock);
	spin_lock(&registry_lock);
	list_remove(&devices, b, link);
	spin_unlock(&registry_lock);
	devtmpfs_remove_name(cspan_first(cspan_of(b->name), b->name_len), b->dev);
	mapping_drop(mapping_of(b));
	request_wait_idle(b);
	obj_put_any(&ino->private); /* the inode's reference on the device */
	/* The registry's reference: the inode is freed with the device. */
	obj_put(&b);
}

/* ---- partition tables ---- */

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

/* Returns a reference to any partition of the disk that is in the registry, or NULL. */
static struct bdev *any_partition(struct disk *d)
{
	struct bdev *b;

	spin_lock(&registry_lock);
	list_for_each(b, &devices, link) {
		if (b->disk == d && b->partition) {
			(void)obj_get(b);
			break;
		}
	}
	spin_unlock(&registry_lock);
	return b;
}

static void remove_partitions(struct disk *d)
{
	struct bdev *b;

	while ((b = any_partition(d)) != NULL) {
		remove(b);
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
		err = b ? insert(b) : -ENOMEM;
		obj_put(&b);
	}
	return err;
}

/*
 * Reads the partition table and replaces the partitions. Context: scan_lock held, scanning set, no
 * partition is open.
 */
static int scan(struct bdev *whole)
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

/* ---- single partitions: BLKPG ---- */

/*
 * Returns the partition of that number as a reference, or NULL. *@overlaps: whether another one
 * shares a sector with [start, start + sectors).
 */
static struct bdev *find_partition(struct disk *d, u32 number, u64 start, u64 sectors,
	bool *overlaps)
{
	struct bdev *b, *found = NULL;

	*overlaps = false;
	spin_lock(&registry_lock);
	list_for_each(b, &devices, link) {
		if (b->disk != d || !b->partition)
			continue;
		if (b->partition == number)
			found = obj_get(b);
		else if (b->start < start + sectors && start < b->start + load_once(b->sectors))
			*overlaps = true;
	}
	spin_unlock(&registry_lock);
	return found;
}

static int add_partition(struct bdev *whole, u32 number, u64 start, u64 sectors)
{
	bool overlaps;
	struct bdev *b = find_partition(whole->disk, number, start, sectors, &overlaps);
	int err;

	if (b || overlaps) {
		obj_put(&b);
		return -EBUSY;
	}
	b = bdev_new(whole->disk, whole, number, start, sectors);
	err = b ? insert(b) : -ENOMEM;
	obj_put(&b);
	return err;
}

/* scanning keeps openers out between the check and the removal. */
static int delete_partition(struct bdev *whole, u32 number)
{
	struct disk *d = whole->disk;
	bool overlaps, busy;
	struct bdev *b = find_partition(d, number, 0, 0, &overlaps);

	if (!b)
		return -ENXIO;
	mutex_lock(&d->lock);
	busy = b->openers;
	d->scanning = !busy;
	mutex_unlock(&d->lock);
	if (!busy)
		remove(b);
	store_once(d->scanning, false);
	obj_put(&b);
	return busy ? -EBUSY : 0;
}

/*
 * An open partition can only grow, and only if its last page is whole: a partial last page was
 * zeroed past the old end in the cache.
 */
static int resize_partition(struct bdev *whole, u32 number, u64 start, u64 sectors)
{
	bool overlaps;
	struct bdev *b = find_partition(whole->disk, number, start, sectors, &overlaps);
	int err;

	if (!b)
		return -ENXIO;
	mutex_lock(&whole->disk->lock);
	err = start != b->start ? -EINVAL
		: overlaps ||
			(b->openers && (sectors < b->sectors || b->sectors % SECTORS_PER_PAGE))
		? -EBUSY
		: 0;
	if (!err) {
		store_once(b->sectors, sectors);
		store_once(b->inode->size, sectors * SECTOR_SIZE);
	}
	mutex_unlock(&whole->disk->lock);
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
		err = scan(whole);
	mutex_lock(&d->lock);
	d->scanning = false;
	mutex_unlock(&d->lock);
	mutex_unlock(&d->scan_lock);
	return err;
}

/* The task that reads the partition table of a new disk. */
static void scan_run(struct obj *owner)
{
	struct bdev *b = obj_cast(bdev, owner);
	int err = disk_rescan(b);

	if (err)
		log_warn("partitions of a disk: error %d", -err);
	atomic_sub(&nr_scans, 1);
	waitq_wake_all(&scans_done);
}
static const struct task_ops scan_ops = { .run = scan_run };

static int start_scan(struct bdev *b)
{
	struct task *t = task_new(&scan_ops, &b->obj, LIT("partitions"));

	if (!t)
		return -ENOMEM;
	atomic_add(&nr_scans, 1);
	task_start(t);
	task_put(&t);
	return 0;
}

void block_settle(void)
{
	int err;

	wait_event(&scans_done, !atomic_load(&nr_scans), WAIT_UNINTERRUPTIBLE,
		time_mono_ns() + SETTLE_NS, &err);
	if (err)
		log_warn("a disk takes long to show its partition table");
}

/* ---- adding disks ---- */

static bool params_good(const struct disk_params *p)
{
	size_t n = cspan_len(lit_span(p->name));

	return n && n <= MAX_NAME && p->sectors && p->sectors < 1ul << 53 && p->minors &&
		p->major < 4096 && p->first_minor < 1u << 20 &&
		p->minors <= (1u << 20) - p->first_minor;
}

int disk_add(const struct disk_params *p, const struct block_ops *ops, struct obj *owner)
{
	struct disk *d;
	struct bdev *b;
	int err;

	if (!params_good(p))
		return -EINVAL;
	err = make_super();
	if (err)
		return err;
	d = obj_new(disk);
	if (!d)
		return -ENOMEM;
	d->params = *p;
	d->ops = ops;
	d->owner = owner ? obj_get_any(owner) : NULL;
	lock_level(&d->scan_lock, LOCK_BLOCK_SCAN);
	lock_level(&d->lock, LOCK_BLOCK);
	b = bdev_new(d, NULL, 0, 0, p->sectors);
	obj_put(&d);
	if (!b)
		return -ENOMEM;
	err = insert(b);
	if (!err && start_scan(b))
		log_warn("no memory to look for partitions");
	obj_put(&b);
	return err;
}

static int open_special(struct file *f)
{
	f->ops = blkdev_find(f->inode->rdev);
	return f->ops ? 0 : -ENXIO;
}
static const struct special_ops special_files = { .open = open_special };

void block_init(void)
{
	special_register(S_IFBLK, &special_files);
}

void block_started(void)
{
	store_once(started, true);
}

void block_shutdown(void)
{
	struct bdev *b;
	u32 i = 0;

	block_settle();
	(void)fs_sync_all();
	for (i = 0; (b = bdev_nth(i)) != NULL; i++) {
		mapping_drop(mapping_of(b));
		obj_put(&b);
	}
	pagecache_flush();
	/*
	 * Devices present at boot are kept: the leak count is relative to the boot baseline. The
	 * walk is backwards, so partitions are removed before their disks.
	 */
	while (i-- > 0) {
		b = bdev_nth(i);
		if (b && b->late)
			remove(b);
		obj_put(&b);
	}
}
