// SPDX-License-Identifier: MPL-2.0
/* Supers, the instances of file systems: their types, their beginning and their end. */
#include <frame/log.h>
#include <kernel/chrdev.h>
#include <kernel/dentry.h>
#include <kernel/locks.h>
#include <kernel/super.h>
#include <uapi/fs.h>

#include "fs.h"

#define MAX_TYPES 128
static const struct fs_type *types[MAX_TYPES];
static u32 nr_types;

/*
 * Called when a mount of a super is released. If it was the last one, no task is in the file system
 * any more, since each path holds its mount. So the file system is taken apart without locks.
 */
void super_unmounted(struct super *sb)
{
	if (atomic_sub(&sb->nr_mounts, 1) == 0) {
		if (super_sync(sb))
			log_warn("a file system could not be written before it was unmounted");
		if (sb->ops && sb->ops->read_inode) {
			obj_put(&sb->root);
			inode_cache_drop(sb);
		}
		if (sb->ops && sb->ops->kill)
			sb->ops->kill(sb);
		obj_put(&sb->root);
	}
}

void fs_register(const struct fs_type *type)
{
	if (nr_types < MAX_TYPES)
		types[nr_types++] = type;
	else
		log_err("more than %u types of file systems: the others are not known", MAX_TYPES);
}

/* Types are registered at start-up only, so the list needs no lock. */
const struct fs_type *fs_find(struct cspan name)
{
	u32 i;

	for (i = 0; i < nr_types; i++) {
		if (cspan_equal(lit_span(types[i]->name), name))
			return types[i];
	}
	return NULL;
}

const struct fs_type *fs_nth(u32 i)
{
	return i < nr_types ? types[i] : NULL;
}

static void super_release(struct super *sb)
{
	super_forget(sb);
	obj_put_any(&sb->private);
}
OBJ_TYPE(super, super_release);

/* Minor numbers of the file systems without a device. */
static struct atomic next_dev;

/* The super has no mount yet; the file system fills in root, private and magic. */
struct super *super_new(const struct fs_type *type, const struct super_ops *ops)
{
	struct super *sb = obj_new(super);

	if (!sb)
		return NULL;
	sb->type = type;
	sb->ops = ops;
	sb->dev = MKDEV(0, atomic_add(&next_dev, 1));
	lock_level(&sb->rename_lock, LOCK_RENAME);
	super_list(sb);
	return sb;
}
