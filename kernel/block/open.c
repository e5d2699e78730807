// SPDX-License-Identifier: MPL-2.0
/*
 * Opens of block devices, by programs and by the rest of the kernel, and who has a device for
 * himself.
 *
 * How a device is opened. The number is looked up, and the opener is counted under disk->lock,
 * where a scan of the partition table or a removal is seen. An exclusive open claims the device: it
 * keeps out other exclusive opens of it, of the whole disk, and of its partitions. File systems
 * claim theirs by block_open, which also keeps the cache as it is when programs close the device,
 * and the partition from being removed.
 *
 * How the last close works. It writes the dirty pages and empties the cache: another device may
 * cover the same sectors (a partition and its disk). That takes as long as the disk needs, so
 * disk->lock is not held; closing is set, which makes the next openers of this device wait, and
 * only them. The closer still counts, so the device is not removed meanwhile.
 *
 * Locking: disk->lock guards the openers and the claims.
 */
#include <frame/wait.h>

#include "bdev.h"

static void block_file_release(struct block_file *bf)
{
	obj_put_any(&bf->owner);
	obj_put(&bf->bdev);
}
OBJ_TYPE(block_file, block_file_release);

/*
 * Claims the device, unless it is claimed already or overlaps a claimed one (a whole disk and its
 * partitions). disk->lock held.
 */
static bool bdev_claim(struct bdev *b, struct block_file *bf)
{
	struct bdev *whole = b->whole ? b->whole : b;

	if (whole->holder || b->holder || (!b->whole && b->disk->nr_held_parts))
		return false;
	b->holder = bf;
	if (b->whole)
		b->disk->nr_held_parts++;
	return true;
}

/* disk->lock held. */
static void bdev_unclaim(struct bdev *b)
{
	b->holder = NULL;
	if (b->whole)
		b->disk->nr_held_parts--;
}

/*
 * Counts the opener. -EAGAIN: the partitions are being changed, and this one may be removed, or its
 * last close is not over. disk->lock held.
 */
static int bdev_enter(struct bdev *b, struct block_file *bf, bool exclusive)
{
	if (b->gone || b->disk->gone)
		return -ENXIO;
	if (b->closing || (b->whole && b->disk->scanning))
		return -EAGAIN;
	if (exclusive && !bdev_claim(b, bf))
		return -EBUSY;
	bf->exclusive = exclusive;
	b->openers++;
	if (b->whole)
		b->disk->nr_open_parts++;
	return 0;
}

/*
 * Returns the device of that number, as a reference. If its partition table is being changed, it
 * waits for the end of that and looks again.
 */
static struct bdev *find_settled(u64 rdev)
{
	struct bdev *b = bdev_find(rdev);

	if (!b || !b->whole || !load_once(b->disk->scanning))
		return b;
	mutex_lock(&b->disk->scan_lock);
	mutex_unlock(&b->disk->scan_lock);
	obj_put(&b);
	return bdev_find(rdev);
}

static int try_open(u64 dev, bool write, bool exclusive, struct block_file *bf)
{
	struct bdev *b = find_settled(dev);
	int err, woken = 0;

	if (!b)
		return -ENXIO;
	err = write && b->disk->params.read_only ? -EROFS : 0;
	if (!err) {
		mutex_lock(&b->disk->lock);
		err = bdev_enter(b, bf, exclusive);
		mutex_unlock(&b->disk->lock);
	}
	if (!err) {
		bf->bdev = b;
		return 0;
	}
	if (err == -EAGAIN)
		wait_event(&b->closed, !load_once(b->closing), WAIT_KILLABLE, NO_DEADLINE, &woken);
	obj_put(&b);
	return woken ? woken : err;
}

int bdev_open_number(u64 dev, bool write, bool exclusive, struct block_file **out)
{
	struct block_file *bf = obj_new(block_file);
	int err;

	if (!bf)
		return -ENOMEM;
	do {
		err = try_open(dev, write, exclusive, bf);
	} while (err == -EAGAIN);
	if (err)
		obj_put(&bf);
	*out = bf;
	return err;
}

void bdev_close(struct block_file *bf)
{
	struct bdev *b = bf->bdev;
	struct disk *d = b->disk;
	bool last;

	mutex_lock(&d->lock);
	if (bf->exclusive)
		bdev_unclaim(b);
	last = b->openers == 1;
	if (last) {
		store_once(b->closing, true);
		mutex_unlock(&d->lock);
		if (!mapping_sync(mapping_of(b), 0, ~0ul))
			mapping_drop(mapping_of(b));
		mutex_lock(&d->lock);
		store_once(b->closing, false);
	}
	b->openers--;
	if (b->whole)
		d->nr_open_parts--;
	mutex_unlock(&d->lock);
	if (last)
		waitq_wake_all(&b->closed);
}

/* ---- for the rest of the kernel ---- */

int block_open(u64 dev, bool write, const struct block_holder_ops *ops, struct obj *owner,
	struct block_file **out)
{
	struct block_file *bf = NULL;
	int err = bdev_open_number(dev, write, true, &bf);

	if (err)
		return err;
	mutex_lock(&bf->bdev->disk->lock);
	bf->owner = owner ? obj_get_any(owner) : NULL;
	bf->ops = ops;
	err = bf->bdev->disk->gone ? -ENXIO : 0; /* it may have told the holders before */
	mutex_unlock(&bf->bdev->disk->lock);
	if (err)
		block_close(&bf);
	*out = bf;
	return err;
}

void block_close(struct block_file **bf)
{
	if (!*bf)
		return;
	bdev_close(*bf);
	obj_put(bf);
}

struct mapping *block_mapping(struct block_file *bf)
{
	return mapping_of(bf->bdev);
}

struct bdev *block_device(struct block_file *bf)
{
	return bf->bdev;
}

int block_flush(struct block_file *bf)
{
	return disk_flush(bf->bdev);
}

/* The notice is given without the lock, since it may close the device. */
void bdev_tell_gone(struct bdev *b)
{
	struct block_file *bf = NULL;

	mutex_lock(&b->disk->lock);
	store_once(b->disk->gone, true);
	if (b->holder && b->holder->ops && !b->holder->told) {
		b->holder->told = true;
		bf = obj_get(b->holder);
	}
	mutex_unlock(&b->disk->lock);
	if (bf)
		bf->ops->gone(bf->owner);
	obj_put(&bf);
}
