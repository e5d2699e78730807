// SPDX-License-Identifier: MPL-2.0
/* What a rename with RENAME_WHITEOUT leaves behind; see tmpfs_rename. */
#include <kernel/dentry.h>
#include <kernel/inode.h>
#include <uapi/errno.h>
#include <uapi/fs.h>

#include "instance.h"

void whiteout_put(struct whiteout *const w)
{
	obj_put(&w->name);
	obj_put(&w->inode);
}

int whiteout_new(struct inode *dir, struct dentry *old, struct whiteout *const w)
{
	w->inode = tmpfs_inode_new(dir->sb, dir, S_IFCHR, 0);
	if (!w->inode)
		return -ENOSPC;
	w->name = dentry_new(old->parent, dentry_name_span(old));
	if (w->name)
		return 0;
	whiteout_put(w);
	return -ENOMEM;
}
