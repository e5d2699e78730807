// SPDX-License-Identifier: MPL-2.0
/* MS_REMOUNT: other flags and options for a mount, or for its file system. See mount(2). */
#include <kernel/inode.h>
#include <kernel/super.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>

#include "mounts.h"

/* Passes new options to the file system, if it has any. */
static s64 remount_super(struct super *sb, struct uaddr data)
{
	struct buf *opts;
	ssize_t n;
	s64 err;

	if (!sb->ops || !sb->ops->remount)
		return 0;
	opts = buf_alloc(PAGE_SIZE);
	if (!opts)
		return -ENOMEM;
	n = data.va ? copy_in_some(span_first(buf_span(opts), PAGE_SIZE - 1), data) : 0;
	err = n < 0
		? n
		: sb->ops->remount(sb, cspan_first(buf_cspan(opts), cspan_strlen(buf_cspan(opts))));
	buf_put(&opts);
	return err;
}

/*
 * Makes a mount or (@all) its super read-only, unless a file is open for writing. The flag is
 * stored first, then the counts of writers are read. An open for writing adds itself to the count
 * first, then reads the flag (file_open_path). Both have a full barrier between the two accesses,
 * so at least one sees the other. If there is a writer, the flags are restored. mount_lock held.
 */
static s64 make_readonly(struct mount *m, bool all)
{
	u32 was = m->flags, super_was = m->sb->flags;
	struct mount *other;
	bool busy = false;

	store_once(m->flags, was | MS_RDONLY);
	if (all)
		store_once(m->sb->flags, super_was | MS_RDONLY);
	memory_barrier();
	spin_lock(&mount_list_lock);
	list_for_each(other, &m->sb->mounts, of_super)
		busy |= (other == m || all) && atomic_load(&other->writers);
	spin_unlock(&mount_list_lock);
	if (busy) {
		store_once(m->sb->flags, super_was);
		store_once(m->flags, was);
	}
	return busy ? -EBUSY : 0;
}

/* MS_REMOUNT: changes the flags of one mount (with MS_BIND) or of the super, and the options. */
s64 mount_remount(const struct path *at, u32 flags, struct uaddr data)
{
	struct mount *m = at->mnt;
	u32 kept = mount_kept_flags(flags);
	bool all = !(flags & MS_BIND);
	s64 err = at->dentry == m->root && mount_is_attached(m) ? 0 : -EINVAL;

	if (!(flags & (MS_ATIME | MS_STRICTATIME)))
		kept = (kept & ~MS_ATIME) | (m->flags & MS_ATIME);
	if (!err && (flags & MS_RDONLY) && !mount_is_readonly(m))
		err = make_readonly(m, all);
	if (!err && all)
		err = remount_super(m->sb, data);
	if (err)
		return err;
	if (all)
		store_once(m->sb->flags, (m->sb->flags & ~MS_RESET) | (flags & MS_RESET));
	store_once(m->flags, kept);
	mount_changed();
	return 0;
}
