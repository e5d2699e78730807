// SPDX-License-Identifier: MPL-2.0
/*
 * utimensat(2) and its kin: the times of a file. Permission and change are one critical section
 * under inode.lock, as for all attributes (attr.c).
 */
#include <frame/task.h>
#include <kernel/clock.h>
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/mapping.h>
#include <kernel/memfd.h>
#include <kernel/mm.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/notify.h>
#include <kernel/pagecache.h>
#include <kernel/stat.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>
#include <uapi/resource.h>

#include "fs.h"

#define UTIME_NOW  0x3fffffff
#define UTIME_OMIT 0x3ffffffe

struct times {
	struct timespec64 v[2];
};

/* UTIME_NOW and UTIME_OMIT stand in the nanoseconds, where no valid time has them. */
static bool good_time(const struct timespec64 *ts)
{
	return (ts->nsec >= 0 && ts->nsec < (s64)NSEC_PER_SEC) || ts->nsec == UTIME_NOW ||
		ts->nsec == UTIME_OMIT;
}

/*
 * The owner may set any times; a user who may write the file may set both to now, see utimensat(2).
 * The event follows Linux: a change of both times is one of the attributes, one of a single time
 * looks like the access that usually changes it.
 */
static s64 do_utimes(struct thread *t, const struct path *p, const struct times *in)
{
	struct inode *ino = p->dentry->inode;
	struct iattr a = { .valid = ATTR_ATIME | ATTR_MTIME };
	bool both_now = in->v[0].nsec == UTIME_NOW && in->v[1].nsec == UTIME_NOW;
	s64 err = 0;

	(void)t;
	if (in->v[0].nsec == UTIME_OMIT && in->v[1].nsec == UTIME_OMIT)
		return 0;
	err = mount_begin_write(p->mnt);
	if (err)
		return err;
	a.atime = in->v[0].nsec == UTIME_NOW ? inode_now() : in->v[0];
	a.mtime = in->v[1].nsec == UTIME_NOW ? inode_now() : in->v[1];
	if (in->v[0].nsec == UTIME_OMIT)
		a.valid &= ~(u32)ATTR_ATIME;
	if (in->v[1].nsec == UTIME_OMIT)
		a.valid &= ~(u32)ATTR_MTIME;
	rwlock_write_lock(&ino->lock);
	if (!inode_owner_or_capable(ino))
		err = both_now ? inode_permission(ino, MAY_WRITE) : -EPERM;
	if (!err)
		err = inode_setattr(ino, &a);
	rwlock_write_unlock(&ino->lock);
	mount_end_write(p->mnt);
	if (!err)
		notify_dentry(p->dentry,
			a.valid == ATTR_ATIME           ? IN_ACCESS
				: a.valid == ATTR_MTIME ? IN_MODIFY
							: IN_ATTRIB);
	return err;
}

/*
 * Sets the times of the file @path, or of the open file @dirfd if the path is NULL. With AT_FDCWD
 * the path is needed, as on Linux: there is no open file.
 */
static s64 utimes_at(struct thread *t, s32 dirfd, struct uaddr path, const struct times *in,
	u32 flags)
{
	struct path p;
	struct file *f;
	s64 err;

	if (!good_time(array_at(in->v, 0)) || !good_time(array_at(in->v, 1)))
		return -EINVAL;
	/* Nothing to set: the file need not even exist. */
	if (in->v[0].nsec == UTIME_OMIT && in->v[1].nsec == UTIME_OMIT)
		return 0;
	if (!path.va && dirfd != AT_FDCWD) {
		if (flags)
			return -EINVAL;
		f = file_get(t, dirfd);
		if (!f)
			return -EBADF;
		err = do_utimes(t, &f->path, in);
		obj_put(&f);
		return err;
	}
	err = path_lookup_user(t, dirfd, path, lookup_of_at(flags), &p);
	if (err)
		return err;
	err = do_utimes(t, &p, in);
	path_put(&p);
	return err;
}

#define TIMES_NOW ((struct times){ .v = { { .nsec = UTIME_NOW }, { .nsec = UTIME_NOW } } })

/*
 * Without times both become the time of now, which also a user may set who is not the owner but may
 * write the file.
 */
s64 sys_utimensat(struct thread *t, s32 dirfd, struct uaddr path, struct uaddr times, u32 flags)
{
	struct times in = TIMES_NOW;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (times.va && user_get(&in, times))
		return -EFAULT;
	return utimes_at(t, dirfd, path, &in, flags);
}

/* Times in microseconds. */
s64 sys_futimesat(struct thread *t, s32 dirfd, struct uaddr path, struct uaddr times)
{
	struct timeval64 tv[2] = { { 0 }, { 0 } };
	struct times in = TIMES_NOW;
	u32 i;

	if (times.va && user_get(&tv, times))
		return -EFAULT;
	for (i = 0; times.va && i < 2; i++) {
		if (tv[i].usec < 0 || tv[i].usec >= 1000000)
			return -EINVAL;
		in.v[i] = (struct timespec64){ .sec = tv[i].sec, .nsec = tv[i].usec * 1000 };
	}
	return utimes_at(t, dirfd, path, &in, 0);
}

/* struct utimbuf: times in seconds. */
struct seconds_pair {
	s64 actime, modtime;
};

/* The oldest of the calls: a second is the finest it can say. */
s64 sys_utime(struct thread *t, struct uaddr path, struct uaddr times)
{
	struct seconds_pair s = { 0 };
	struct times in = TIMES_NOW;

	if (times.va) {
		if (user_get(&s, times))
			return -EFAULT;
		in = (struct times){ .v = { { .sec = s.actime }, { .sec = s.modtime } } };
	}
	return utimes_at(t, AT_FDCWD, path, &in, 0);
}
