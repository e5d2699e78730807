// SPDX-License-Identifier: MPL-2.0
/*
 * Calls about things that this kernel does not have: swap space, disk quotas. They check their
 * arguments as Linux does and then report that no such thing exists. Calls that Linux can be built
 * without are not here; they give ENOSYS.
 *
 * Why not ENOSYS for all of them. Debian's Linux has these calls. Programs take EINVAL, ENODEV or
 * EOPNOTSUPP for "not in use here", and may take ENOSYS for a kernel that is too old. The order of
 * the checks is Linux's, so a caller without rights gets the error that it would get there.
 */
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/errno.h>
#include <uapi/fs.h>

/* The mode of the file that the path names, or -errno. */
static s64 mode_at(struct thread *t, s32 dirfd, struct uaddr path, u32 lookup)
{
	struct path p;
	s64 ret = path_lookup_user(t, dirfd, path, lookup, &p);

	if (ret)
		return ret;
	ret = p.dentry->inode->mode;
	path_put(&p);
	return ret;
}

#define SWAP_FLAGS 0x7ffffu

/* The path is looked up for its errors. No file has a swap header, so a regular one is EINVAL. */
s64 sys_swapon(struct thread *t, struct uaddr path, u32 flags)
{
	s64 mode;

	if (flags & ~SWAP_FLAGS)
		return -EINVAL;
	if (!cred_capable(t->cred, CAP_SYS_ADMIN))
		return -EPERM;
	mode = mode_at(t, AT_FDCWD, path, LOOKUP_FOLLOW);
	if (mode < 0)
		return mode;
	return S_IS(mode, S_IFDIR) ? -EISDIR : -EINVAL;
}

/* No file is in use as swap space: EINVAL, after the same look-up. */
s64 sys_swapoff(struct thread *t, struct uaddr path)
{
	s64 mode;

	if (!cred_capable(t->cred, CAP_SYS_ADMIN))
		return -EPERM;
	mode = mode_at(t, AT_FDCWD, path, LOOKUP_FOLLOW);
	if (mode < 0)
		return mode;
	return S_IS(mode, S_IFDIR) ? -EISDIR : -EINVAL;
}

#define QUOTA_SYNC  0x800001u
#define QUOTA_TYPES 3u

/* Q_SYNC without a device has nothing to do, and succeeds. */
s64 sys_quotactl(struct thread *t, u32 cmd, struct uaddr special, u32 id, struct uaddr addr)
{
	s64 mode;

	(void)id;
	(void)addr;
	if ((cmd & 0xff) >= QUOTA_TYPES)
		return -EINVAL;
	if (!special.va)
		return cmd >> 8 == QUOTA_SYNC ? 0 : -ENODEV;
	mode = mode_at(t, AT_FDCWD, special, LOOKUP_FOLLOW);
	if (mode < 0)
		return mode;
	return S_IS(mode, S_IFBLK) ? -ENODEV : -ENOTBLK;
}
