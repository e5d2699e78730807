// SPDX-License-Identifier: MPL-2.0
/*
 * open(2) and its kin: how a path becomes an open file (file.c).
 *
 * How an open works. open_fd reserves a descriptor first, so that a lack of descriptors is found
 * before any effect. Then do_open resolves the path. Without O_CREAT that is one walk; with O_CREAT
 * the walk stops at the last component (open_create), looks that up under the directory's lock, and
 * creates the file if it does not exist. A link in its place continues the walk. may_open checks
 * the permissions, and file_open_path makes the file. Last, the descriptor is published.
 *
 * Locking: inode.lock of the directory while a name is looked up and created; inode.lock of the
 * file while it is truncated. A finished struct file needs neither.
 */
#include <kernel/block.h>
#include <kernel/chrdev.h>
#include <kernel/cred.h>
#include <kernel/dentry.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/locks.h>
#include <kernel/mapping.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/notify.h>
#include <kernel/pipe.h>
#include <kernel/poll.h>
#include <kernel/sigio.h>
#include <kernel/super.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>

#include "fs.h"

/* A request to open, decoded from flags or struct open_how. */
struct open_request {
	u32 flags, mode;
	u32 lookup; /* LOOKUP_* restrictions of openat2 */
};

/*
 * Permission to open an existing file, see open(2). @created: the call has just created it, so its
 * mode does not apply to this open. O_TRUNC needs the right to write whatever the access mode is. A
 * file that may only be appended to must be opened so.
 */
static int may_open(struct thread *t, const struct path *p, const struct open_request *r,
	bool created)
{
	struct inode *ino = p->dentry->inode;
	u32 want = 0;
	u32 acc = r->flags & O_ACCMODE;

	(void)t;
	if (S_IS(ino->mode, S_IFLNK))
		return r->flags & O_PATH ? 0 : -ELOOP;
	if ((r->flags & O_DIRECTORY) && !S_IS(ino->mode, S_IFDIR))
		return -ENOTDIR;
	if (r->flags & O_PATH)
		return 0;
	if (acc != O_WRONLY)
		want |= MAY_READ;
	if (acc != O_RDONLY || (r->flags & O_TRUNC))
		want |= MAY_WRITE;
	if (S_IS(ino->mode, S_IFDIR) && ((want & MAY_WRITE) || (r->flags & O_CREAT)))
		return -EISDIR;
	if ((S_IS(ino->mode, S_IFCHR) || S_IS(ino->mode, S_IFBLK)) && (p->mnt->flags & MS_NODEV))
		return -EACCES;
	if ((want & MAY_WRITE) && mount_is_readonly(p->mnt) &&
		(S_IS(ino->mode, S_IFREG) || S_IS(ino->mode, S_IFDIR)))
		return -EROFS;
	if (!created) {
		int err = inode_permission(ino, want);
		if (err)
			return err;
	}
	if ((r->flags & O_NOATIME) && !inode_owner_or_capable(ino))
		return -EPERM;
	if ((ino->flags & S_APPEND) && (want & MAY_WRITE) && !(r->flags & O_APPEND))
		return -EPERM;
	return 0;
}

/*
 * O_TRUNC. With O_RDONLY file_open_path does not count the file as a writer.
 */
static int open_truncate(const struct path *p)
{
	int err = inode_begin_write(p->dentry->inode);

	if (err)
		return err;
	err = path_set_size(p, 0);
	inode_end_write(p->dentry->inode);
	return err;
}

/*
 * Opens the file at *@p. O_TRUNC truncates last, when the open can fail for no other reason and
 * leases have been broken.
 */
static int open_existing(struct thread *t, const struct path *p, const struct open_request *r,
	bool created, struct file **out)
{
	struct inode *ino = p->dentry->inode;
	bool truncate = (r->flags & O_TRUNC) && !(r->flags & O_PATH) && S_IS(ino->mode, S_IFREG) &&
		ino->mops && !created;
	int err = may_open(t, p, r, created);

	if (err)
		return err;
	err = file_open_path(p, r->flags, t->cred, out);
	if (err)
		return err;
	if (created)
		(*out)->mode |= FMODE_CREATED; /* nobody else has it yet */
	if (truncate)
		err = open_truncate(p);
	if (err)
		obj_put(out);
	else if (truncate)
		notify_file(*out, IN_MODIFY);
	return err;
}

/*
 * O_TMPFILE: a file without a name in the directory @name. The file system makes the inode with
 * nlink 0; the dentry gets a name for /proc only and is not hashed. With O_EXCL the file can never
 * get a name by linkat. A file without a name that nobody may write is useless, so the access mode
 * must allow writes. The umask applies, as for a file with a name.
 */
static int open_tmpfile(struct thread *t, s32 dirfd, struct cspan name,
	const struct open_request *r, struct file **out)
{
	struct path dir = { 0 };
	struct path p = { 0 };
	struct inode *ino = NULL;
	bool counted;
	int err;

	if (!(r->flags & O_ACCMODE))
		return -EINVAL;
	err = path_lookup(t, dirfd, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY | r->lookup, &dir);
	if (err)
		return err;
	counted = !mount_begin_write(dir.mnt);
	err = counted ? may_create(dir.dentry->inode) : -EROFS;
	if (!err && !dir.dentry->inode->ops->tmpfile)
		err = -EOPNOTSUPP;
	if (!err)
		err = dir.dentry->inode->ops->tmpfile(dir.dentry->inode,
			S_IFREG | (r->mode & 07777 & ~t->fs->umask), &ino);
	if (!err) {
		p.mnt = obj_get(dir.mnt);
		p.dentry = dentry_new(dir.dentry, STR("#tmpfile"));
		err = p.dentry ? 0 : -ENOMEM;
	}
	if (!err) {
		if (r->flags & O_EXCL)
			ino->flags &= ~(u32)S_TMPFILE; /* it may never get a name */
		dentry_instantiate(p.dentry, ino);
		err = file_open_path(&p, r->flags & ~O_DIRECTORY, t->cred, out);
	}
	if (counted)
		mount_end_write(dir.mnt);
	obj_put(&ino);
	path_put(&p);
	path_put(&dir);
	return err;
}

/*
 * Makes the file of @d, which is negative and in *@dir. The directory's lock is held. A mount that
 * has become read-only since the walk is found here, before anything has changed.
 */
static int create_file(struct thread *t, struct path *dir, struct dentry *d, u32 mode)
{
	struct inode *ino = dir->dentry->inode;
	int err = mount_begin_write(dir->mnt);

	if (err)
		return err;
	err = may_create(ino);
	if (!err && !ino->ops->create)
		err = -EACCES;
	if (!err)
		err = ino->ops->create(ino, d, S_IFREG | (mode & 07777 & ~t->fs->umask));
	mount_end_write(dir->mnt);
	return err;
}

/*
 * Creates the last component or finds it, under the directory's lock. *@p gets references;
 * *@created says which. Only what creates counts as a writer of the mount. The look-up and the
 * creation are one step for other tasks: of two calls that create one name, one makes the file and
 * the other finds it, or fails with O_EXCL.
 */
static int create_last(struct thread *t, struct path *dir, struct cspan name,
	const struct open_request *r, struct path *p, bool *created)
{
	struct inode *ino = dir->dentry->inode;
	struct dentry *d;
	int err;

	rwlock_write_lock(&ino->lock);
	err = dir_lookup(dir->dentry, name, true, &d);
	if (!err && !d->inode) {
		err = create_file(t, dir, d, r->mode);
		*created = !err;
		if (!err)
			notify_name(ino, name, IN_CREATE);
		if (err)
			obj_put(&d);
	}
	rwlock_write_unlock(&ino->lock);
	if (err)
		return err;
	p->mnt = obj_get(dir->mnt);
	p->dentry = d;
	path_follow_mounts(p);
	if ((r->lookup & LOOKUP_NO_XDEV) && p->mnt != dir->mnt) {
		path_put(p);
		return -EXDEV;
	}
	return 0;
}

/*
 * Opens or creates the last component of @name, from where the walk stands. If it is a link with a
 * text, *@text and *@len are that text for the next round. A link to an object is opened at once.
 * Names that cannot be those of a regular file (".", "..", "/", a slash at the end) are -EISDIR, as
 * on Linux, also where nothing has that name.
 */
static int open_create_last(struct thread *t, struct walk *w, struct cspan name,
	const struct open_request *r, struct buf **text, size_t *len, struct file **out)
{
	struct path p = { 0 };
	struct last_name last;
	bool created = false;
	int err = walk_parent(w, name, &last);

	if (err)
		return err;
	if (last.kind != LAST_NAME || last.trailing_slash)
		return -EISDIR;
	err = create_last(t, &w->at, cspan_sub(name, last.off, last.len), r, &p, &created);
	if (!err && !created && (r->flags & O_EXCL))
		err = -EEXIST;
	if (!err && !created && S_IS(p.dentry->inode->mode, S_IFLNK)) {
		err = r->flags & O_NOFOLLOW || w->at.mnt->flags & MS_NOSYMFOLLOW
			? -ELOOP
			: may_follow_link(w->at.dentry->inode, p.dentry->inode);
		if (!err)
			err = walk_link(w, p.dentry, text, len);
		if (!err && !*text)
			err = open_existing(t, &w->at, r, false, out);
	} else if (!err) {
		if (!created && !S_IS(p.dentry->inode->mode, S_IFDIR))
			err = may_create_over(w->at.dentry->inode, p.dentry->inode);
		if (!err)
			err = open_existing(t, &p, r, created, out);
	}
	path_put(&p);
	return err;
}

/* The links in the last component are followed here one by one, with one walk for all of them. */
static int open_create(struct thread *t, s32 dirfd, struct cspan name, const struct open_request *r,
	struct file **out)
{
	struct buf *text = NULL;
	struct walk w;
	size_t len = 0;
	int err = cspan_len(name) ? walk_begin(&w, t, dirfd, name, r->lookup) : -ENOENT;

	if (err)
		return err;
	err = open_create_last(t, &w, name, r, &text, &len, out);
	/* walk_link bounds the number of links, and so this loop. */
	while (!err && text) {
		struct buf *at = text;
		text = NULL;
		err = open_create_last(t, &w, cspan_first(buf_cspan(at), len), r, &text, &len, out);
		buf_put(&at);
	}
	walk_end(&w);
	return err;
}

/* O_CREAT is ignored together with O_PATH, as on Linux. */
static int do_open(struct thread *t, s32 dirfd, struct cspan name, const struct open_request *r,
	struct file **out)
{
	struct path p = { 0 };
	u32 lookup = r->lookup | (r->flags & O_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
		(r->flags & O_DIRECTORY ? LOOKUP_DIRECTORY : 0);
	int err;

	if ((r->flags & O_TMPFILE) == O_TMPFILE)
		return open_tmpfile(t, dirfd, name, r, out);
	if ((r->flags & O_CREAT) && !(r->flags & O_PATH))
		return open_create(t, dirfd, name, r, out);
	err = path_lookup(t, dirfd, name, lookup, &p);
	if (err)
		return err;
	err = open_existing(t, &p, r, false, out);
	path_put(&p);
	return err;
}

/* The kernel's own opens go the same way as open(2), except for the descriptor. */
int file_open(struct thread *t, s32 dirfd, struct cspan name, u32 flags, u32 mode,
	struct file **out)
{
	struct open_request r = { .flags = flags, .mode = mode };

	return do_open(t, dirfd, name, &r, out);
}

int file_open_system(struct thread *t, struct cspan name, u32 flags, u32 mode, struct file **out)
{
	struct open_request r = { .flags = flags, .mode = mode, .lookup = LOOKUP_SYSTEM_ROOT };

	return do_open(t, AT_FDCWD, name, &r, out);
}

/*
 * The number is reserved before the open, since an open can have effects (a file is created or
 * truncated) that cannot be undone.
 */
static s64 open_fd(struct thread *t, s32 dirfd, struct uaddr path, const struct open_request *r)
{
	struct buf *b;
	struct file *f = NULL;
	size_t len;
	s32 fd;
	s64 err = path_copy_in(path, &b, &len);

	if (err)
		return err;
	fd = fd_reserve(t, 0, r->flags & O_CLOEXEC);
	if (fd < 0) {
		buf_put(&b);
		return fd;
	}
	err = do_open(t, dirfd, cspan_first(buf_cspan(b), len), r, &f);
	buf_put(&b);
	if (err) {
		fd_unreserve(t, fd);
		return err;
	}
	fd_publish(t, fd, f);
	obj_put(&f);
	return fd;
}

#define OPEN_FLAGS                                                                             \
	(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_DSYNC | \
		O_ASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME |      \
		O_CLOEXEC | O_SYNC | O_PATH | O_TMPFILE)
#define OPATH_FLAGS (O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC)

/*
 * Unknown flags are ignored, as always in open(2); openat2 refuses them. O_DIRECTORY with O_CREAT
 * is refused, as by Linux since 6.4: before, it made a regular file where no directory was.
 */
s64 sys_openat(struct thread *t, s32 dirfd, struct uaddr path, u32 flags, u32 mode)
{
	struct open_request r = { .flags = (flags & OPEN_FLAGS) | O_LARGEFILE, .mode = mode };

	if (r.flags & O_PATH)
		r.flags &= OPATH_FLAGS;
	if ((r.flags & (O_DIRECTORY | O_CREAT)) == (O_DIRECTORY | O_CREAT))
		return -EINVAL;
	return open_fd(t, dirfd, path, &r);
}

struct open_how {
	u64 flags, mode, resolve;
};
#define RESOLVE_NO_XDEV       1u
#define RESOLVE_NO_MAGICLINKS 2u
#define RESOLVE_NO_SYMLINKS   4u
#define RESOLVE_BENEATH       8u
#define RESOLVE_IN_ROOT       16u
#define RESOLVE_CACHED        32u

/*
 * The structure may be larger than the kernel knows, if the rest is zero: -E2BIG otherwise, see
 * openat2(2).
 */
s64 sys_openat2(struct thread *t, s32 dirfd, struct uaddr path, struct uaddr how, u64 size)
{
	struct open_how h = { 0 };
	struct open_request r = { 0 };
	u8 extra;
	u64 i;

	if (size < sizeof(h))
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (user_get(&h, how))
		return -EFAULT;
	for (i = sizeof(h); i < size; i++) {
		if (user_get(&extra, uaddr_add(how, i)))
			return -EFAULT;
		if (extra)
			return -E2BIG;
	}
	if (h.flags & ~(u64)OPEN_FLAGS || h.resolve > 63 ||
		(h.resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) ==
			(RESOLVE_BENEATH | RESOLVE_IN_ROOT))
		return -EINVAL;
	/* openat(2) ignores a mode that nothing uses; here it is an error. */
	if (h.mode && (!(h.flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) || h.mode & ~07777ul))
		return -EINVAL;
	if ((h.flags & O_PATH) && (h.flags & ~(u64)(OPATH_FLAGS | O_LARGEFILE)))
		return -EINVAL;
	if ((h.flags & (O_DIRECTORY | O_CREAT)) == (O_DIRECTORY | O_CREAT))
		return -EINVAL;
	if (h.resolve & RESOLVE_CACHED)
		return -EAGAIN; /* it is not known in advance whether a look-up would sleep */
	r.flags = (u32)h.flags | O_LARGEFILE;
	r.mode = (u32)h.mode;
	r.lookup = (h.resolve & RESOLVE_NO_XDEV ? LOOKUP_NO_XDEV : 0) |
		(h.resolve & RESOLVE_NO_MAGICLINKS ? LOOKUP_NO_MAGIC : 0) |
		(h.resolve & RESOLVE_NO_SYMLINKS ? LOOKUP_NO_SYMLINKS : 0) |
		(h.resolve & RESOLVE_BENEATH ? LOOKUP_BENEATH : 0) |
		(h.resolve & RESOLVE_IN_ROOT ? LOOKUP_IN_ROOT : 0);
	return open_fd(t, dirfd, path, &r);
}
