// SPDX-License-Identifier: MPL-2.0
/*
 * MS_REMOUNT: other flags and options for a mount, or for its file system. See mount(2).
 *
 * How a file system becomes read-only. All under super.active, so there is one remount at a time
 * and no sync. The flag is stored, which refuses new writers (mount_begin_write, file_open_path);
 * then the counts of writers are read. Who writes counts himself first, then reads the flag, and
 * both sides have a full barrier between the two accesses; so at least one sees the other. Nobody
 * may be writing, and no deleted file may exist, since its blocks are freed later: -EBUSY. Then
 * nothing changes any more: deleted files are evicted, everything is written, and the inode task,
 * which may be writing an inode, is waited for. If something is dirty afterwards, for lack of
 * memory, the remount fails: the file system would be written while it is read-only. Else the file
 * system is told, which makes itself clean on the disk. If anything fails, the flags become what
 * they were.
 *
 * mount_lock is not held: the sync of a slow disk must not stop all other mounts. A mount that is
 * detached meanwhile gets its flags all the same.
 */
#include <kernel/inode.h>
#include <kernel/mapping.h>
#include <kernel/super.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>

#include "mounts.h"

/* Whether anything prevents that the mount, or with @all the file system, becomes read-only. */
static bool is_written(struct mount *m, bool all)
{
	struct mount *other;
	bool busy = all && atomic_load(&m->sb->nr_removed);

	spin_lock(&mount_list_lock);
	list_for_each(other, &m->sb->mounts, of_super)
		busy |= (other == m || all) && atomic_load(&other->writers);
	spin_unlock(&mount_list_lock);
	return busy;
}

/* The first look only spares those who open files meanwhile a flag that is taken back. */
static s64 make_readonly(struct mount *m, bool all)
{
	if (is_written(m, all))
		return -EBUSY;
	if (all)
		store_once(m->sb->flags, m->sb->flags | MS_RDONLY);
	else
		store_once(m->flags, m->flags | MS_RDONLY);
	memory_barrier();
	return is_written(m, all) ? -EBUSY : 0;
}

#define SETTLE_TRIES 4u

/*
 * Writes of pages change inodes, and an inode that is dirty may be written by the inode task at any
 * time, so it is looked for again after each sync. Errors that have lost something do not prevent
 * it, as on Linux: a disk that is failing is to become read-only. syncfs tells them.
 */
static int remount_write_all(struct super *sb)
{
	u32 i;
	int err;

	for (i = 0; i < SETTLE_TRIES; i++) {
		inode_cache_settle(sb);
		err = super_sync_held(sb);
		inode_cache_settle(sb);
		if (error_is_passing(err))
			return err;
		if (!load_once(sb->nr_dirty_inodes))
			return 0;
	}
	return -EBUSY;
}

static s64 change_super(struct super *sb, bool becomes_readonly, u32 flags, struct cspan options)
{
	int err = becomes_readonly                             ? remount_write_all(sb)
		: super_is_aborted(sb) && !(flags & MS_RDONLY) ? -EROFS
							       : 0;

	if (err)
		return err;
	return sb->ops && sb->ops->remount ? sb->ops->remount(sb, flags, options) : 0;
}

/* sb->active held for writing. */
static s64 change_flags(struct mount *m, u32 flags, struct cspan options)
{
	struct super *sb = m->sb;
	u32 was = m->flags, super_was = sb->flags, kept = mount_kept_flags(flags);
	u32 super_flags = (super_was & ~MS_RESET) | (flags & MS_RESET);
	bool all = !(flags & MS_BIND);
	bool closes = (flags & MS_RDONLY) && !((super_was | (all ? 0 : was)) & MS_RDONLY);
	s64 err = closes ? make_readonly(m, all) : 0;

	if (!(flags & (MS_ATIME | MS_STRICTATIME)))
		kept = (kept & ~MS_ATIME) | (was & MS_ATIME);
	if (!err && all)
		err = change_super(sb, closes, super_flags, options);
	store_once(sb->flags, err || !all ? super_was : super_flags);
	store_once(m->flags, err ? was : kept);
	/* It may give up at any time, and is read-only then, whatever was stored. */
	memory_barrier();
	if (super_is_aborted(sb))
		set_bits(sb->flags, MS_RDONLY);
	return err;
}

int mount_set_flags(struct mount *m, u32 flags, struct cspan options)
{
	s64 err;

	rwlock_write_lock(&m->sb->active);
	err = change_flags(m, flags, options);
	rwlock_write_unlock(&m->sb->active);
	return err;
}

int mount_remount(const struct path *at, u32 flags, struct uaddr data)
{
	struct mount *m = at->mnt;
	struct buf *opts = NULL;
	ssize_t n = 0;
	s64 err;

	mutex_lock(&mount_lock);
	err = at->dentry == m->root && mount_is_attached(m) ? 0 : -EINVAL;
	mutex_unlock(&mount_lock);
	if (err)
		return err;
	opts = buf_alloc(PAGE_SIZE);
	if (!opts)
		return -ENOMEM;
	if (data.va && !(flags & MS_BIND))
		n = copy_in_some(span_first(buf_span(opts), PAGE_SIZE - 1), data);
	err = n < 0 ? n : 0;
	if (!err) {
		struct cspan text = cspan_first(buf_cspan(opts), cspan_strlen(buf_cspan(opts)));
		err = mount_set_flags(m, flags, text);
	}
	buf_put(&opts);
	if (err)
		return err;
	mutex_lock(&mount_lock);
	mount_changed();
	mutex_unlock(&mount_lock);
	return 0;
}
