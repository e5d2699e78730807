// SPDX-License-Identifier: MPL-2.0
/*
 * The registry of block devices: all disks and partitions, their names and numbers.
 *
 * It lists each disk before its partitions, and these by number.
 *
 * How a device comes. bdev_new makes the object: its inode with the page cache of the device, its
 * size, its name. Nobody else can find it yet. bdev_insert chooses the device number, refuses a
 * name or number that is taken, and lists the device, all in one hold of registry_lock, so that two
 * disks that appear at the same time do not get one number. From then on it can be opened by its
 * number. Last comes the file in /dev. If that fails, the device works without one, and a warning
 * is logged.
 *
 * How it goes (bdev_remove), in the other order. The callers have seen to it that nobody has it
 * open. First it is marked as gone under the lock of the disk, where opens look, so that an open
 * that found it before fails. It leaves the list and /dev, its cache is dropped, and the requests
 * in flight are waited for. A disk that is pulled out is not removed: it stays listed, and its
 * requests fail (disk_gone).
 *
 * Walks. Look-ups by number or place take a reference under registry_lock. A long walk
 * (bdev_after) holds nothing between two steps: it continues behind the serial number of the last
 * device, and serial numbers only grow.
 *
 * Locking: registry_lock, a spin lock, is innermost.
 */
#include <frame/fmt.h>
#include <frame/log.h>
#include <kernel/chrdev.h>
#include <kernel/list.h>
#include <kernel/super.h>
#include <uapi/fs.h>

#include "bdev.h"

static struct spinlock registry_lock; /* guards the list */
static LIST_HEAD(bdev) devices;       /* references */
static u64 last_serial;               /* registry_lock */

static struct super *bdev_super;
static struct mutex super_lock; /* guards its creation */
static const struct fs_type bdev_type = { .name = LIT("bdev"), .nodev = true };
static const struct super_ops bdev_super_ops = { .sync_fs = disk_flush_all };
static bool started;

static void bdev_release(struct bdev *b)
{
	obj_put(&b->inode);
	obj_put(&b->whole);
	obj_put(&b->disk);
}
OBJ_TYPE(bdev, bdev_release);

/* ---- looking up ---- */

static struct bdev *bdev_find_locked(u64 dev)
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
	b = bdev_find_locked(dev);
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

/*
 * The order of the numbers is that of the registration, so the walk meets each device that stays,
 * whatever is removed meanwhile, and a disk before its partitions.
 */
struct bdev *bdev_after(u64 *serial)
{
	struct bdev *b, *next = NULL;

	spin_lock(&registry_lock);
	list_for_each(b, &devices, link) {
		if (b->serial > *serial && (!next || b->serial < next->serial))
			next = b;
	}
	if (next) {
		(void)obj_get(next);
		*serial = next->serial;
	}
	spin_unlock(&registry_lock);
	return next;
}

struct bdev *bdev_of(struct inode *ino)
{
	return obj_cast(bdev, ino->private);
}

struct bdev *bdev_any_partition(struct disk *d)
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

struct bdev *bdev_partition(struct disk *d, u32 number, u64 start, u64 sectors, bool *overlaps)
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

/* ---- what others see ---- */

/* A disk that does not report its physical block size is taken to have sectors of 512 bytes. */
u32 physical_block(const struct bdev *b)
{
	return max(b->disk->params.physical_block, SECTOR_SIZE);
}

/*
 * The counters are read one by one while I/O goes on, so their sums may not fit each other by a few
 * requests, as in /proc/diskstats of Linux.
 */
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
	u64 n = 0, serial = 0;

	while ((b = bdev_after(&serial)) != NULL) {
		n += load_once(b->inode->pages.nr_pages);
		obj_put(&b);
	}
	return n;
}

/* ---- adding and removing ---- */

/*
 * The inodes of all block devices belong to one super block without a mount. It is made with the
 * first disk. Two disks may come at the same time, hence the mutex; the creation may sleep.
 */
int bdev_make_super(void)
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
static void bdev_make_name(struct bdev *b)
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

struct bdev *bdev_new(struct disk *d, struct bdev *whole, u32 partition, u64 start, u64 sectors)
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
	bdev_make_name(b);
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
	for (minor = 0; bdev_find_locked(MKDEV(EXT_MAJOR, minor)); minor++)
		;
	return MKDEV(EXT_MAJOR, minor);
}

int bdev_insert(struct bdev *b)
{
	struct bdev *o, *behind = NULL;
	int err = 0;

	spin_lock(&registry_lock);
	b->dev = number_for(b);
	if (name_taken(b) || bdev_find_locked(b->dev)) {
		err = -EINVAL;
	} else {
		list_for_each(o, &devices, link) {
			if (o->disk == b->disk && o->partition < b->partition)
				behind = list_next(o, link);
		}
		b->serial = ++last_serial;
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

void bdev_remove(struct bdev *b)
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

void block_started(void)
{
	store_once(started, true);
}
