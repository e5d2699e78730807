// SPDX-License-Identifier: MPL-2.0
/*
 * Older calls that newer ones replaced (<kernel/calls/legacy.h>). Each one is the newer call with
 * default arguments. Architectures whose tables lack their numbers do not have them.
 *
 * No call has code of its own beside that: a difference between an old and a new call is an
 * argument of the newer one, or the few lines here (dup2, epoll_create). So an error is fixed for
 * both at once.
 */
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>

/* ---- files ---- */

s64 sys_open(struct thread *t, struct uaddr path, u32 flags, u32 mode)
{
	return sys_openat(t, AT_FDCWD, path, flags, mode);
}

/* Always for writing, and an old file loses its contents. See open(2). */
s64 sys_creat(struct thread *t, struct uaddr path, u32 mode)
{
	return sys_openat(t, AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

s64 sys_stat(struct thread *t, struct uaddr path, struct uaddr st)
{
	return sys_newfstatat(t, AT_FDCWD, path, st, 0);
}

s64 sys_lstat(struct thread *t, struct uaddr path, struct uaddr st)
{
	return sys_newfstatat(t, AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

s64 sys_access(struct thread *t, struct uaddr path, u32 mode)
{
	return sys_faccessat2(t, AT_FDCWD, path, mode, 0);
}

s64 sys_mkdir(struct thread *t, struct uaddr path, u32 mode)
{
	return sys_mkdirat(t, AT_FDCWD, path, mode);
}

s64 sys_rmdir(struct thread *t, struct uaddr path)
{
	return sys_unlinkat(t, AT_FDCWD, path, AT_REMOVEDIR);
}

s64 sys_mknod(struct thread *t, struct uaddr path, u32 mode, u32 dev)
{
	return sys_mknodat(t, AT_FDCWD, path, mode, dev);
}

s64 sys_link(struct thread *t, struct uaddr oldpath, struct uaddr newpath)
{
	return sys_linkat(t, AT_FDCWD, oldpath, AT_FDCWD, newpath, 0);
}

s64 sys_unlink(struct thread *t, struct uaddr path)
{
	return sys_unlinkat(t, AT_FDCWD, path, 0);
}

s64 sys_symlink(struct thread *t, struct uaddr target, struct uaddr path)
{
	return sys_symlinkat(t, target, AT_FDCWD, path);
}

s64 sys_readlink(struct thread *t, struct uaddr path, struct uaddr buf, s32 size)
{
	return sys_readlinkat(t, AT_FDCWD, path, buf, size);
}

s64 sys_rename(struct thread *t, struct uaddr oldpath, struct uaddr newpath)
{
	return sys_renameat2(t, AT_FDCWD, oldpath, AT_FDCWD, newpath, 0);
}

s64 sys_renameat(struct thread *t, s32 olddirfd, struct uaddr oldpath, s32 newdirfd,
	struct uaddr newpath)
{
	return sys_renameat2(t, olddirfd, oldpath, newdirfd, newpath, 0);
}

s64 sys_chmod(struct thread *t, struct uaddr path, u32 mode)
{
	return sys_fchmodat(t, AT_FDCWD, path, mode);
}

s64 sys_chown(struct thread *t, struct uaddr path, u32 uid, u32 gid)
{
	return sys_fchownat(t, AT_FDCWD, path, uid, gid, 0);
}

s64 sys_lchown(struct thread *t, struct uaddr path, u32 uid, u32 gid)
{
	return sys_fchownat(t, AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

s64 sys_utimes(struct thread *t, struct uaddr path, struct uaddr times)
{
	return sys_futimesat(t, AT_FDCWD, path, times);
}

/* Unlike dup3, equal numbers succeed if the descriptor is open. */
s64 sys_dup2(struct thread *t, s32 fd, s32 to)
{
	struct file *f;

	if (fd != to)
		return sys_dup3(t, fd, to, 0);
	f = file_get_path(t, fd);
	if (!f)
		return -EBADF;
	obj_put(&f);
	return to;
}

/* ---- events ---- */

s64 sys_inotify_init(struct thread *t)
{
	return sys_inotify_init1(t, 0);
}

s64 sys_pipe(struct thread *t, struct uaddr fds)
{
	return sys_pipe2(t, fds, 0);
}

s64 sys_eventfd(struct thread *t, u32 count)
{
	return sys_eventfd2(t, count, 0);
}

s64 sys_signalfd(struct thread *t, s32 fd, struct uaddr set, u64 size)
{
	return sys_signalfd4(t, fd, set, size, 0);
}

/* The size was a hint once; it must still be positive. */
s64 sys_epoll_create(struct thread *t, s32 size)
{
	return size <= 0 ? -EINVAL : sys_epoll_create1(t, 0);
}

/* No signal mask: the pointer NULL leaves the thread's own, and its size is not looked at. */
s64 sys_epoll_wait(struct thread *t, s32 epfd, struct uaddr events, s32 nr, s32 timeout)
{
	return sys_epoll_pwait(t, epfd, events, nr, timeout, UADDR(0), 0);
}

/* ---- processes ---- */

s64 sys_getpgrp(struct thread *t)
{
	return sys_getpgid(t, 0);
}
