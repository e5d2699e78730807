// SPDX-License-Identifier: MPL-2.0
/*
 * Disks: how one is added, goes away, and how all are flushed and shut down.
 *
 * How a disk is added. disk_add makes the device of the whole disk, puts it in the registry and
 * makes its node in /dev. From then on it can be opened. Reading the partition table requires the
 * driver, which may be the caller, so a task of its own does it (scan_run). block_settle waits for
 * these tasks at boot.
 */
#include <frame/log.h>
#include <frame/task.h>
#include <frame/time.h>
#include <kernel/chrdev.h>
#include <kernel/file.h>
#include <kernel/list.h>
#include <kernel/mm.h>
#include <kernel/super.h>
#include <uapi/fs.h>

#include "bdev.h"

#define MAX_NAME  24u /* leaves room for a suffix pNNN */
#define SETTLE_NS (10 * NSEC_PER_SEC)

static struct atomic nr_scans; /* scan tasks that have not ended */
static struct waitq scans_done;

static void disk_release(struct disk *d)
{
	obj_put_any(&d->owner);
}
OBJ_TYPE(disk, disk_release);

/*
 * The last step of sync(2): what file systems have put into the caches of their devices is written,
 * and the disks are flushed, in the order of the registry.
 */
int disk_flush_all(struct super *sb)
{
	struct bdev *b;
	int err = 0, e;
	u64 serial = 0;

	(void)sb;
	while ((b = bdev_after(&serial)) != NULL) {
		e = mapping_sync(mapping_of(b), 0, ~0ul);
		if (!e)
			e = disk_flush(b);
		err = err ? err : e;
		obj_put(&b);
	}
	return err;
}

/* ---- adding ---- */

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

/* The task holds the device until it has ended. */
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

static bool params_good(const struct disk_params *p)
{
	size_t n = cspan_len(lit_span(p->name));

	return n && n <= MAX_NAME && p->sectors && p->sectors < 1ul << 53 && p->minors &&
		p->major < 4096 && p->first_minor < 1u << 20 &&
		p->minors <= (1u << 20) - p->first_minor;
}

/*
 * For a disk that was pulled out: its requests fail from now on, and the holders of the disk and of
 * its partitions are told.
 */
void disk_gone(struct obj *owner)
{
	struct bdev *b;
	u64 serial = 0;

	while ((b = bdev_after(&serial)) != NULL) {
		if (b->disk->owner == owner)
			bdev_tell_gone(b);
		obj_put(&b);
	}
}

int disk_add(const struct disk_params *p, const struct block_ops *ops, struct obj *owner)
{
	struct disk *d;
	struct bdev *b;
	int err;

	if (!params_good(p))
		return -EINVAL;
	err = bdev_make_super();
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
	err = bdev_insert(b);
	if (!err && start_scan(b))
		log_warn("no memory to look for partitions");
	obj_put(&b);
	return err;
}

/*
 * Only whether there is such a device; the open operation looks it up again and counts the opener
 * (open.c).
 */
static int open_special(struct file *f)
{
	struct bdev *b = bdev_find(f->inode->rdev);

	f->ops = b ? &bdev_fops : NULL;
	obj_put(&b);
	return f->ops ? 0 : -ENXIO;
}
static const struct special_ops special_files = { .open = open_special };

void block_init(void)
{
	special_register(S_IFBLK, &special_files);
}

/* Power-off: all that is dirty is written, then the caches are emptied, for the leak count. */
void block_shutdown(void)
{
	struct bdev *b;
	u64 serial = 0;
	u32 i;

	block_settle();
	/* Each failed write has been logged; nobody is left to report to. */
	ignore_error(fs_sync_all());
	while ((b = bdev_after(&serial)) != NULL) {
		mapping_drop(mapping_of(b));
		obj_put(&b);
	}
	pagecache_flush();
	/*
	 * Devices present at boot are kept: the leak count is relative to the boot baseline. The
	 * walk is backwards, so partitions are removed before their disks.
	 */
	for (i = 0; (b = bdev_nth(i)) != NULL; i++)
		obj_put(&b);
	while (i-- > 0) {
		b = bdev_nth(i);
		if (b && b->late)
			bdev_remove(b);
		obj_put(&b);
	}
}
