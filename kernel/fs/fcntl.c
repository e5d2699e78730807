// SPDX-License-Identifier: MPL-2.0
/*
 * fcntl and the part of ioctl that is the same for all files. See fcntl(2), ioctl(2). Record locks
 * are in locks.c.
 *
 * Commands on the descriptor (FD_CLOEXEC) change the table, commands on the open file (status
 * flags, owner) change struct file, which all duplicates of the descriptor share. f->flags is
 * changed by one store, so a read in progress sees the old or the new value.
 */
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/memfd.h>
#include <kernel/mount.h>
#include <kernel/pipe.h>
#include <kernel/sigio.h>
#include <kernel/super.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/tmpfs.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>

#include "fs.h"

#define SETFL_MASK (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME)

/*
 * F_SETFL: changes the status flags (those of the access mode stay). The operation of the file
 * comes first, since it may refuse. O_NOATIME needs the ownership only when it is switched on, so a
 * program may keep it over a change of its ids.
 */
static s64 set_flags(struct file *f, s32 fd, u32 flags)
{
	const struct file_ops *ops = load_once(f->ops); /* a hang-up gives a terminal others */
	u32 mask = ops->async ? SETFL_MASK | O_ASYNC : SETFL_MASK;
	u32 new = (f->flags & ~mask) | (flags & mask);
	int err = 0;

	if ((new & ~f->flags &O_NOATIME) && !inode_owner_or_capable(f->inode))
		return -EPERM;
	if (ops->set_flags)
		err = ops->set_flags(f, new);
	if (!err && ((new ^ f->flags) & O_ASYNC))
		err = sigio_switch(f, fd, new &O_ASYNC);
	if (!err)
		store_once(f->flags, new);
	return err;
}

/* Those that do not touch the file. */
static bool is_for_paths(u32 cmd)
{
	return cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC || cmd == F_GETFL ||
		cmd == F_CREATED_QUERY || cmd == F_DUPFD_QUERY;
}

/* F_DUPFD_QUERY: 1 if the descriptor @other is of the same open file, else 0. */
static s64 is_same_file(struct thread *t, const struct file *f, s32 other)
{
	struct file *g = file_get_path(t, other);
	s64 same = g == f;

	if (!g)
		return -EBADF;
	obj_put(&g);
	return same;
}

/* How the file was opened: F_GETFL, F_CREATED_QUERY. */
static s64 tell_open(const struct file *f, u32 cmd)
{
	if (cmd == F_CREATED_QUERY)
		return !!(f->mode & FMODE_CREATED);
	return f->flags & ~(O_CLOEXEC | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | FILE_OPEN_EXEC);
}

/*
 * The commands on the descriptor itself come first, since they need no file. O_PATH files allow
 * only the commands that do not touch the file. F_DUPFD has -EINVAL for a number that no descriptor
 * may have, where dup2(2) has -EBADF. F_GETFL does not show flags that acted once, at the open, nor
 * O_CLOEXEC, which belongs to the descriptor.
 */
s64 sys_fcntl(struct thread *t, s32 fd, u32 cmd, u64 arg)
{
	struct file *f;
	s64 ret;

	if (cmd == F_GETFD)
		return fd_cloexec(t, fd, -1);
	if (cmd == F_SETFD)
		return fd_cloexec(t, fd, arg & FD_CLOEXEC);
	f = file_get_path(t, fd);
	if (!f)
		return -EBADF;
	if ((f->mode & FMODE_PATH) && !is_for_paths(cmd)) {
		obj_put(&f);
		return -EBADF;
	}
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		ret = (s64)arg < 0 || arg >= rlimit_get(t, RLIMIT_NOFILE)
			? -EINVAL
			: fd_install(t, f, (s32)arg, cmd == F_DUPFD_CLOEXEC);
		break;
	case F_GETFL:
	case F_CREATED_QUERY:
	case F_DUPFD_QUERY:
		ret = cmd == F_DUPFD_QUERY ? is_same_file(t, f, (s32)arg) : tell_open(f, cmd);
		break;
	case F_SETFL:
		ret = set_flags(f, fd, (u32)arg);
		break;
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		ret = locks_fcntl(t, fd, f, cmd, UADDR(arg));
		break;
	case F_NOTIFY:
		ret = dnotify_fcntl(t, fd, f, (u32)arg);
		break;
	case F_SETLEASE:
	case F_GETLEASE:
		ret = cmd == F_SETLEASE ? lease_set(t, fd, f, arg) : lease_get(f);
		break;
	case F_ADD_SEALS:
	case F_GET_SEALS:
		ret = memfd_seals(f, cmd == F_ADD_SEALS, (u32)arg);
		break;
	case F_SETPIPE_SZ:
	case F_GETPIPE_SZ:
		ret = f->ops->fcntl ? f->ops->fcntl(f, cmd, arg) : -EBADF;
		break;
	default:
		ret = sigio_fcntl(f, cmd, arg);
		break;
	}
	obj_put(&f);
	return ret;
}

/* FIOASYNC: -ENOTTY for files that have no such events. */
static s64 set_async(struct file *f, s32 fd, bool on)
{
	if (!!(f->flags & O_ASYNC) == on)
		return 0;
	return f->ops->async ? set_flags(f, fd, f->flags ^ O_ASYNC) : -ENOTTY;
}

enum {
	FIONREAD = 0x541b,
	FIBMAP = 1,
	FIGETBSZ = 2,
	FICLONE = 0x40049409,
	FICLONERANGE = 0x4020940d,
	FS_IOC_GETFLAGS = 0x80086601,
	FS_IOC_SETFLAGS = 0x40086602,
	FIONBIO = 0x5421,
	FIONCLEX = 0x5450,
	FIOCLEX = 0x5451,
	FIOASYNC = 0x5452,
	FIOQSIZE = 0x5460
};

/*
 * Whether the file is one of a file system with blocks of a page, a tmpfs. Others answer the
 * commands for block sizes and flags themselves, or do not know them.
 */
static bool is_tmpfs_file(const struct file *f)
{
	return f->inode->sb->magic == TMPFS_MAGIC &&
		(S_IS(f->inode->mode, S_IFREG) || S_IS(f->inode->mode, S_IFDIR));
}

static s64 file_other_ioctl(struct file *f, u32 cmd, u64 arg)
{
	return f->ops->ioctl ? f->ops->ioctl(f, cmd, arg) : -ENOTTY;
}

/* FIGETBSZ: the size of a block of the file system. */
static s64 tell_block_size(struct file *f, u64 arg)
{
	s32 size = PAGE_SIZE;

	if (!is_tmpfs_file(f))
		return file_other_ioctl(f, FIGETBSZ, arg);
	return user_put(UADDR(arg), &size) ? -EFAULT : 0;
}

/* FIBMAP: no file here has blocks with numbers. */
static s64 tell_block(struct thread *t, struct file *f, u64 arg)
{
	s32 block;

	if (!S_IS(f->inode->mode, S_IFREG))
		return file_other_ioctl(f, FIBMAP, arg);
	if (!cred_capable(t->cred, CAP_SYS_RAWIO))
		return -EPERM;
	return user_get(&block, UADDR(arg)) ? -EFAULT : -EINVAL;
}

/* FICLONE has the source's descriptor as its argument, FICLONERANGE in a struct. */
static s64 clone_from(struct thread *t, struct file *f, u32 cmd, u64 arg)
{
	struct {
		s64 fd;
		u64 offset, len, to;
	} range;

	if (cmd == FICLONE)
		return file_clone(t, (s32)arg, f);
	return user_get(&range, UADDR(arg)) ? -EFAULT : file_clone(t, (s32)range.fd, f);
}

enum { FS_NODUMP_FL = 0x40, FS_NOATIME_FL = 0x80 };

/*
 * FS_IOC_SETFLAGS: the flags of chattr(1). Those that make a file immutable or append-only are
 * refused.
 */
static s64 set_inode_flags(struct file *f, u32 flags)
{
	struct inode *ino = f->inode;
	s64 err = mount_is_readonly(f->path.mnt) ? -EROFS : 0;

	if (!err && !inode_owner_or_capable(ino))
		err = -EPERM;
	if (!err && (flags & ~(u32)(FS_NODUMP_FL | FS_NOATIME_FL)))
		err = -EOPNOTSUPP;
	if (!err)
		err = mount_begin_write(f->path.mnt);
	if (err)
		return err;
	rwlock_write_lock(&ino->lock);
	ino->flags = (ino->flags & ~(u32)(S_NODUMP | S_NOATIME)) |
		(flags & FS_NODUMP_FL ? S_NODUMP : 0) | (flags & FS_NOATIME_FL ? S_NOATIME : 0);
	inode_touch(ino, ATTR_CTIME);
	rwlock_write_unlock(&ino->lock);
	mount_end_write(f->path.mnt);
	return 0;
}

/*
 * FS_IOC_GETFLAGS and FS_IOC_SETFLAGS. The value has 32 bits, although the numbers of the commands
 * are encoded for a long, as on Linux.
 */
static s64 inode_flags(struct file *f, u32 cmd, u64 arg)
{
	u32 flags = 0;

	if (!is_tmpfs_file(f))
		return file_other_ioctl(f, cmd, arg);
	if (cmd == FS_IOC_SETFLAGS)
		return user_get(&flags, UADDR(arg)) ? -EFAULT : set_inode_flags(f, flags);
	flags = (f->inode->flags & S_NODUMP ? FS_NODUMP_FL : 0) |
		(f->inode->flags & S_NOATIME ? FS_NOATIME_FL : 0);
	return user_put(UADDR(arg), &flags) ? -EFAULT : 0;
}

/*
 * Commands that are the same for all files are handled here; all others go to the file's operation.
 * The descriptor must be open for more than its path, even for FIOCLEX, which needs no file: that
 * is Linux's order.
 */
s64 sys_ioctl(struct thread *t, s32 fd, u32 cmd, u64 arg)
{
	struct file *f = file_get(t, fd);
	s64 ret = -ENOTTY;
	s32 on;

	if (!f)
		return -EBADF;
	switch (cmd) {
	case FIOCLEX:
	case FIONCLEX:
		ret = fd_cloexec(t, fd, cmd == FIOCLEX);
		break;
	case FIONBIO:
		ret = user_get(&on, UADDR(arg))
			? -EFAULT
			: set_flags(f, fd, on ? f->flags | O_NONBLOCK : f->flags & ~O_NONBLOCK);
		break;
	case FIOASYNC:
		ret = user_get(&on, UADDR(arg)) ? -EFAULT : set_async(f, fd, on);
		break;
	case FIGETBSZ:
		ret = tell_block_size(f, arg);
		break;
	case FIBMAP:
		ret = tell_block(t, f, arg);
		break;
	case FICLONE:
	case FICLONERANGE:
		ret = clone_from(t, f, cmd, arg);
		break;
	case FS_IOC_GETFLAGS:
	case FS_IOC_SETFLAGS:
		ret = inode_flags(f, cmd, arg);
		break;
	case FIONREAD:
		if (S_IS(f->inode->mode, S_IFREG)) {
			/* Negative, as on Linux, if the position lies beyond the end. */
			on = (s32)(load_once(f->inode->size) - f->pos);
			ret = user_put(UADDR(arg), &on) ? -EFAULT : 0;
			break;
		}
		fallthrough;
	default:
		ret = file_other_ioctl(f, cmd, arg);
		break;
	}
	obj_put(&f);
	return ret;
}
