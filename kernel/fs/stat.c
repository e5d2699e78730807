// SPDX-License-Identifier: MPL-2.0
/*
 * stat, statx, statfs, access. See stat(2), statx(2), statfs(2), access(2).
 *
 * Attributes are collected in struct kstat, which has no ABI, and then converted to the structure
 * of the system call. They are read without inode.lock, so a concurrent change may show in part.
 *
 * A 64-bit inode number or size is never cut, since both architectures have 64-bit fields for them.
 * Linux's own structures differ in the order and the width of fields; so only put_stat and the
 * architecture's abi/stat.h know them.
 */
#include <abi/stat.h>
#include <kernel/chrdev.h>
#include <kernel/cred.h>
#include <kernel/dentry.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/stat.h>
#include <kernel/super.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/tmpfs.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>

#include "fs.h"

#define STATX_ATTR_MOUNT_ROOT 0x2000ul
#define STATX_ATTR_IMMUTABLE  0x10ul
#define STATX_ATTR_APPEND     0x20ul
#define STATX_ATTR_NODUMP     0x40ul
#define STATX_ATTR_AUTOMOUNT  0x1000ul
#define STATX_ATTR_DAX        0x200000ul

/* The attributes of a file: from the fields of the inode, then the file system may correct them. */
static int get_stat(const struct path *p, struct kstat *st)
{
	struct inode *ino = p->dentry->inode;

	inode_fill_kstat(ino, st);
	st->mnt_id = (u64)p->mnt->id;
	st->attributes_mask = STATX_ATTR_MOUNT_ROOT | STATX_ATTR_AUTOMOUNT | STATX_ATTR_DAX;
	if (p->dentry == p->mnt->root)
		st->attributes |= STATX_ATTR_MOUNT_ROOT;
	if (ino->sb->magic == TMPFS_MAGIC)
		st->attributes_mask |= STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND | STATX_ATTR_NODUMP;
	if (ino->flags & S_NODUMP)
		st->attributes |= STATX_ATTR_NODUMP;
	return ino->ops->getattr ? ino->ops->getattr(ino, st) : 0;
}

/* The layout of struct stat depends on the architecture: abi/stat.h. */
static s64 put_stat(struct uaddr to, const struct kstat *st)
{
	struct abi_stat out = {
		.dev = st->dev,
		.ino = st->ino,
		.mode = st->mode,
		.nlink = st->nlink,
		.uid = st->uid,
		.gid = st->gid,
		.rdev = st->rdev,
		.size = (s64)st->size,
		.blksize = (s32)st->blksize,
		.blocks = (s64)st->blocks,
		.atime = st->atime.sec,
		.atime_nsec = st->atime.nsec,
		.mtime = st->mtime.sec,
		.mtime_nsec = st->mtime.nsec,
		.ctime = st->ctime.sec,
		.ctime_nsec = st->ctime.nsec,
		ABI_STAT_ZEROES,
	};

	return user_put(to, &out) ? -EFAULT : 0;
}

/* fstat works on O_PATH files, too. */
s64 sys_fstat(struct thread *t, s32 fd, struct uaddr st)
{
	struct fd_ref r = fd_get_path(t, fd);
	struct kstat k = { 0 };
	s64 err;

	if (!r.file)
		return -EBADF;
	err = get_stat(&r.file->path, &k);
	fd_put(r);
	return err ? err : put_stat(st, &k);
}

/*
 * Whether the name is empty or NULL. A pointer that cannot be read is neither: the walk reports it.
 */
static bool is_empty(struct uaddr path)
{
	u8 c = 0;

	return !path.va || (!user_get(&c, path) && !c);
}

/* The path, or with AT_EMPTY_PATH and an empty or NULL path the file @dirfd itself. */
static int stat_path(struct thread *t, s32 dirfd, struct uaddr path, u32 flags, struct kstat *k)
{
	u32 lookup = lookup_of_at(flags);
	struct path p;
	/* Only here a NULL pointer means the empty name. */
	int err = (flags & AT_EMPTY_PATH) && !path.va
		? path_lookup(t, dirfd, CSPAN_NONE, lookup, &p)
		: path_lookup_user(t, dirfd, path, lookup, &p);

	if (err)
		return err;
	err = get_stat(&p, k);
	path_put(&p);
	return err;
}

s64 sys_newfstatat(struct thread *t, s32 dirfd, struct uaddr path, struct uaddr st, u32 flags)
{
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH))
		return -EINVAL;
	/* The C library implements fstat by this call. */
	if ((flags & AT_EMPTY_PATH) && dirfd >= 0 && is_empty(path))
		return sys_fstat(t, dirfd, st);

	struct kstat k = { 0 };
	s64 err = stat_path(t, dirfd, path, flags, &k);
	return err ? err : put_stat(st, &k);
}

struct statx_timestamp {
	s64 sec;
	u32 nsec;
	s32 pad;
};
struct statx {
	u32 mask, blksize;
	u64 attributes;
	u32 nlink, uid, gid;
	u16 mode, pad1;
	u64 ino, size, blocks, attributes_mask;
	struct statx_timestamp atime, btime, ctime, mtime;
	u32 rdev_major, rdev_minor, dev_major, dev_minor;
	u64 mnt_id;
	u32 dio_mem_align, dio_offset_align;
	u64 spare[12];
};
static_assert(sizeof(struct statx) == 256, "statx(2)");
#define STATX_BASIC_STATS 0x7ffu
#define STATX_BTIME       0x800u
#define STATX_MNT_ID      0x1000u
#define STATX_RESERVED    0x80000000u

static struct statx_timestamp statx_time(struct timespec64 ts)
{
	return (struct statx_timestamp){ .sec = ts.sec, .nsec = (u32)ts.nsec };
}

/*
 * All basic fields are filled in, whatever @mask requests; birth time and mount id on request only.
 * Nothing is remote here, so the two kinds of synchronization make no difference; to ask for both
 * is an error. The mask of attributes has those, too, that are known to be clear, as Linux's has.
 */
s64 sys_statx(struct thread *t, s32 dirfd, struct uaddr path, u32 flags, u32 mask, struct uaddr buf)
{
	struct kstat k = { 0 };
	struct statx out = { 0 };
	s64 err;

	if ((flags &
		    ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH |
			    AT_STATX_SYNC_TYPE)) ||
		(flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE || (mask & STATX_RESERVED))
		return -EINVAL;
	err = stat_path(t, dirfd, path, flags, &k);
	if (err)
		return err;
	out.mask = STATX_BASIC_STATS | (mask & (STATX_BTIME | STATX_MNT_ID));
	out.blksize = (u32)k.blksize;
	out.attributes_mask = k.attributes_mask;
	out.attributes = k.attributes;
	out.nlink = k.nlink;
	out.uid = k.uid;
	out.gid = k.gid;
	out.mode = (u16)k.mode;
	out.ino = k.ino;
	out.size = k.size;
	out.blocks = k.blocks;
	out.atime = statx_time(k.atime);
	out.btime = statx_time(k.btime);
	out.ctime = statx_time(k.ctime);
	out.mtime = statx_time(k.mtime);
	out.rdev_major = DEV_MAJOR(k.rdev);
	out.rdev_minor = DEV_MINOR(k.rdev);
	out.dev_major = DEV_MAJOR(k.dev);
	out.dev_minor = DEV_MINOR(k.dev);
	out.mnt_id = k.mnt_id;
	return user_put(buf, &out) ? -EFAULT : 0;
}

/* ---- statfs ---- */

struct statfs64 {
	s64 type, bsize, blocks, bfree, bavail, files, ffree;
	s32 fsid[2];
	s64 namelen, frsize, flags, spare[4];
};

/* Files without a path: Linux has several file systems for them. */
static u64 anon_magic(const struct inode *ino)
{
	if (S_IS(ino->mode, S_IFIFO))
		return 0x50495045; /* pipefs */
	if (S_IS(ino->mode, S_IFSOCK))
		return 0x534f434b;                            /* sockfs */
	return ino->flags & S_ANON ? 0x09041934 : 0x01021994; /* anon_inodefs; memfds are tmpfs */
}

/* File systems that have no statfs operation report their type and the page size. */
static int get_statfs(struct super *sb, struct kstatfs *k)
{
	*k = (struct kstatfs){
		.type = sb->magic, .bsize = PAGE_SIZE, .namelen = NAME_LEN, .frsize = PAGE_SIZE
	};
	return sb->ops && sb->ops->statfs ? sb->ops->statfs(sb, k) : 0;
}

/*
 * The lowest four flags of a mount, and those two of a file system, are the same as those of
 * statfs. The one word of the id is the device number; programs tell file systems apart by it.
 */
static s64 put_statfs(const struct path *p, struct uaddr buf)
{
	struct super *sb = p->dentry->sb;
	struct kstatfs k;
	struct statfs64 out = { 0 };
	s64 err = get_statfs(sb, &k);

	if (err)
		return err;
	out.type = (s64)(path_is_anonymous(p) ? anon_magic(p->dentry->inode) : k.type);
	out.bsize = (s64)k.bsize;
	out.blocks = (s64)k.blocks;
	out.bfree = (s64)k.bfree;
	out.bavail = (s64)k.bavail;
	out.files = (s64)k.files;
	out.ffree = (s64)k.ffree;
	out.fsid[0] = (s32)sb->dev;
	out.namelen = (s64)k.namelen;
	out.frsize = (s64)k.frsize;
	out.flags = ST_VALID | (p->mnt->flags & 0xf) |
		(sb->flags & (MS_SYNCHRONOUS | MS_MANDLOCK)) | mount_is_readonly(p->mnt) |
		(p->mnt->flags & MS_NOATIME ? ST_NOATIME : 0) |
		(p->mnt->flags & MS_NODIRATIME ? ST_NODIRATIME : 0) |
		(p->mnt->flags & MS_RELATIME ? ST_RELATIME : 0) |
		(p->mnt->flags & MS_NOSYMFOLLOW ? ST_NOSYMFOLLOW : 0);
	return user_put(buf, &out) ? -EFAULT : 0;
}

s64 sys_statfs(struct thread *t, struct uaddr path, struct uaddr buf)
{
	struct path p;
	s64 err = path_lookup_user(t, AT_FDCWD, path, LOOKUP_FOLLOW, &p);

	if (err)
		return err;
	err = put_statfs(&p, buf);
	path_put(&p);
	return err;
}

/* Works on O_PATH files, too. */
s64 sys_fstatfs(struct thread *t, s32 fd, struct uaddr buf)
{
	struct file *f = file_get_path(t, fd);
	s64 err;

	if (!f)
		return -EBADF;
	err = put_statfs(&f->path, buf);
	obj_put(&f);
	return err;
}

/*
 * The mounted file system with device number @dev, a reference; NULL: none. The walk holds no lock
 * between two mounts. Ids ascend and each step begins behind the last one, so mounts that come and
 * go do no harm.
 */
static struct super *super_of(u32 dev)
{
	struct super *found = NULL;
	struct mount *m;
	s32 id = 0;

	while (!found && (m = mount_from_id(id)) != NULL) {
		id = m->id + 1;
		if ((u32)m->sb->dev == dev)
			found = obj_get(m->sb);
		obj_put(&m);
		task_cond_resched();
	}
	return found;
}

struct ustat {
	s32 tfree;
	u32 pad;
	u64 tinode;
	u64 names[2];
};

/* An old call that names a file system by its device number. */
s64 sys_ustat(struct thread *t, u32 dev, struct uaddr buf)
{
	struct super *sb = super_of(dev);
	struct kstatfs k;
	struct ustat out = { 0 };
	s64 err;

	(void)t;
	if (!sb)
		return -EINVAL;
	err = get_statfs(sb, &k);
	obj_put(&sb);
	if (err)
		return err;
	out.tfree = (s32)k.bfree;
	out.tinode = k.ffree;
	return user_put(buf, &out) ? -EFAULT : 0;
}

/* ---- access: with the real ids unless AT_EACCESS ---- */

/*
 * The thread's credentials with the real ids in place of the fs ids; NULL: no memory. The
 * capabilities follow the real user, too: a set-user-ID program of root gets the answer that its
 * user would get.
 */
static struct cred *real_cred(struct thread *t)
{
	struct cred *c = cred_copy(t->cred);

	if (c) {
		c->fsuid = c->uid;
		c->fsgid = c->gid;
		if (!(c->securebits & SECBIT_NO_SETUID_FIXUP))
			c->cap_effective = c->uid == 0 ? c->cap_permitted : 0;
	}
	return c;
}

/* Whether a check with real_cred would be the same as one with @c. */
static bool is_real_cred(const struct cred *c)
{
	return c->uid == c->fsuid && c->gid == c->fsgid &&
		(c->securebits & SECBIT_NO_SETUID_FIXUP ||
			c->cap_effective == (c->uid == 0 ? c->cap_permitted : 0));
}

/*
 * Write access to devices, FIFOs and sockets is allowed on a read-only mount: it does not change
 * the file system.
 */
static s64 check_access(const struct path *p, u32 mode)
{
	struct inode *ino = p->dentry->inode;

	if ((mode & X_OK) && S_IS(ino->mode, S_IFREG) && path_is_noexec(p))
		return -EACCES;
	if ((mode & W_OK) && mount_is_readonly(p->mnt) && !S_IS(ino->mode, S_IFCHR) &&
		!S_IS(ino->mode, S_IFIFO) && !S_IS(ino->mode, S_IFSOCK))
		return -EROFS;
	return inode_permission(ino, mode);
}

/*
 * access(2): the path walk and the check run with the real ids. So the thread's credentials are
 * exchanged for copies with other fs ids, and restored at the end; other threads are not affected.
 * Most threads need no exchange.
 */
s64 sys_faccessat2(struct thread *t, s32 dirfd, struct uaddr path, u32 mode, u32 flags)
{
	struct path p;
	struct cred *saved = NULL;
	struct cred *real = NULL;
	s64 err;

	if ((mode & ~7u) || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		return -EINVAL;
	if (!(flags & AT_EACCESS) && !is_real_cred(t->cred)) {
		real = real_cred(t);
		if (!real)
			return -ENOMEM;
		saved = cred_override(t, real);
	}
	err = path_lookup_user(t, dirfd, path, lookup_of_at(flags), &p);
	if (!err) {
		err = check_access(&p, mode);
		path_put(&p);
	}
	if (saved) {
		real = cred_override(t, saved);
		obj_put(&real);
	}
	return err;
}

s64 sys_faccessat(struct thread *t, s32 dirfd, struct uaddr path, u32 mode)
{
	return sys_faccessat2(t, dirfd, path, mode, 0);
}
