// SPDX-License-Identifier: MPL-2.0
/*
 * Special files: the registry of character devices by number, and the functions that open FIFOs and
 * block devices.
 *
 * Entries of the registry are never removed or changed. A reader loads the number of entries with
 * acquire and needs no lock: the release store in chrdev_register comes after the entry is
 * complete.
 */
#include <frame/errno.h>
#include <frame/sync.h>
#include <kernel/chrdev.h>
#include <kernel/file.h>
#include <kernel/inode.h>
#include <uapi/fs.h>

#include "fs.h"

static const struct node_ops *nodes;

void chrdev_set_nodes(const struct node_ops *ops)
{
	nodes = ops;
}

struct chrdev {
	u32 major, first, count;
	struct lit name;
	const struct file_ops *ops;
};
#define MAX_CHRDEVS 64
static struct chrdev chrdevs[MAX_CHRDEVS];
static u32 nr_chrdevs;
static struct spinlock chrdev_lock; /* serializes chrdev_register */

const struct file_ops *chrdev_find(u64 rdev)
{
	u32 i, n = load_acquire(nr_chrdevs);

	for (i = 0; i < n; i++) {
		const struct chrdev *const c = array_at(chrdevs, i);
		if (c->major == DEV_MAJOR(rdev) && DEV_MINOR(rdev) >= c->first &&
			DEV_MINOR(rdev) - c->first < c->count)
			return c->ops;
	}
	return NULL;
}

bool chrdev_nth(u32 i, struct chrdev_info *out)
{
	if (i >= load_acquire(nr_chrdevs))
		return false;
	*out = (struct chrdev_info){ chrdevs[i].major, chrdevs[i].first, chrdevs[i].count,
		chrdevs[i].name };
	return true;
}

/* Ranges must not overlap: the first match would win. */
int chrdev_register(u32 major, u32 first, u32 count, struct lit name, u32 mode,
	const struct file_ops *ops)
{
	u32 i;

	spin_lock(&chrdev_lock);
	i = nr_chrdevs;
	if (i < MAX_CHRDEVS) {
		chrdevs[i] = (struct chrdev){ major, first, count, name, ops };
		store_release(nr_chrdevs, i + 1);
	}
	spin_unlock(&chrdev_lock);
	if (i == MAX_CHRDEVS)
		return -ENOSPC;
	return count == 1 && nodes ? nodes->add(name, mode, MKDEV(major, first)) : 0;
}

/* ---- FIFOs and block devices ---- */

static const struct special_ops *fifos, *disks;

void special_register(u32 type, const struct special_ops *ops)
{
	if (type == S_IFIFO)
		fifos = ops;
	else
		disks = ops;
}

/*
 * For a character device the operations are those of the registry, and its open operation is called
 * by file_open_path. FIFOs and block devices have one function each that sets them.
 */
int special_choose_ops(struct file *f)
{
	struct inode *ino = f->inode;

	if (S_IS(ino->mode, S_IFCHR)) {
		f->ops = chrdev_find(ino->rdev);
		return f->ops ? 0 : -ENXIO;
	}
	if (S_IS(ino->mode, S_IFIFO) && fifos)
		return fifos->open(f);
	if (S_IS(ino->mode, S_IFBLK) && disks)
		return disks->open(f);
	return -ENXIO;
}
