// SPDX-License-Identifier: MPL-2.0
/*
 * Special files: the registry of character devices by number, and the functions that open FIFOs and
 * block devices.
 *
 * Entries of the registry are never removed. An entry is complete, with its place in both lists,
 * before the release store that makes it the first of its major number or the last of all; so a
 * reader that loads with acquire needs no lock.
 */
#include <frame/sync.h>
#include <kernel/chrdev.h>
#include <kernel/file.h>
#include <kernel/inode.h>
#include <uapi/errno.h>
#include <uapi/fs.h>

#include "fs.h"

static const struct node_ops *nodes;

void chrdev_set_nodes(const struct node_ops *ops)
{
	nodes = ops;
}

struct chrdev {
	struct obj obj;
	u32 major, first, count;
	struct lit name;
	const struct file_ops *ops;
	struct chrdev *same_major, *next; /* references */
};
OBJ_TYPE_DECL(chrdev);
OBJ_TYPE(chrdev, NULL_RELEASE);

#define MAJORS 4096u /* DEV_MAJOR has 12 bits */
struct major {
	struct chrdev *newest; /* reference */
};
static struct major majors[MAJORS];
static struct chrdev *first_dev, *last_dev; /* in the order of registration */
static struct spinlock chrdev_lock;         /* serializes chrdev_register */

const struct file_ops *chrdev_find(u64 rdev)
{
	struct chrdev *c = load_acquire(array_at(majors, DEV_MAJOR(rdev))->newest);

	while (c && !(DEV_MINOR(rdev) >= c->first && DEV_MINOR(rdev) - c->first < c->count))
		c = c->same_major;
	return c ? c->ops : NULL;
}

bool chrdev_nth(u32 i, struct chrdev_info *out)
{
	struct chrdev *c = load_acquire(first_dev);

	for (; c && i; i--)
		c = load_acquire(c->next);
	if (c)
		*out = (struct chrdev_info){ c->major, c->first, c->count, c->name };
	return c != NULL;
}

/* Ranges must not overlap: one of them would win. */
int chrdev_register(u32 major, u32 first, u32 count, struct lit name, u32 mode,
	const struct file_ops *ops)
{
	struct chrdev *c;

	if (major >= MAJORS)
		return -EINVAL;
	c = obj_new(chrdev);
	if (!c)
		return -ENOMEM;
	c->major = major;
	c->first = first;
	c->count = count;
	c->name = name;
	c->ops = ops;
	spin_lock(&chrdev_lock);
	c->same_major = array_at(majors, major)->newest;
	store_release(array_at(majors, major)->newest, obj_get(c));
	/* The lists hold the references that obj_new and obj_get gave: entries stay for ever. */
	if (last_dev)
		store_release(last_dev->next, c);
	else
		store_release(first_dev, c);
	last_dev = c;
	spin_unlock(&chrdev_lock);
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
