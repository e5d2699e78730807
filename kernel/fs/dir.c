// SPDX-License-Identifier: MPL-2.0
/*
 * Names: mkdir, mknod, link, symlink, unlink, rmdir, readlink. See their man pages.
 *
 * How a name is made. create_begin resolves the parent, locks its inode for writing, looks the name
 * up and checks the permission. Then the file system makes the inode and pins the dentry, and
 * create_end reports the event and unlocks. The directory's lock is held throughout, so the name is
 * still free when it is made.
 *
 * How a name is removed. The directory's lock is taken, the name looked up and checked; then the
 * victim is locked too (dir_remove_locked), and the file system removes the name. Directories are
 * locked from the parent to the child, and a file after its directory (kernel/locks.h has the
 * levels), so no two calls wait for each other. rename, which has up to four, is in rename.c.
 *
 * What of a read-only mount. The mount counts calls that write (target_begin_write), so that a
 * remount as read-only either finds the call and fails, or the call finds the mount read-only. The
 * check stands behind the look-up: a name that exists is EEXIST also there, as on Linux.
 *
 * What if a step fails. Everything that create_begin did is undone by it, or by create_end: the
 * dentry is dropped, the lock and the write are released. A dentry that stays negative is right:
 * the name does not exist.
 *
 * Events are queued under the directory's lock, so that a watcher sees them in the order of the
 * changes; but for a removal, whose event comes after that of the inode's end.
 */
#include <kernel/cred.h>
#include <kernel/dentry.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/list.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/notify.h>
#include <kernel/stat.h>
#include <kernel/super.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/vfs.h>
#include <uapi/fs.h>

#include "fs.h"

/* On an error nothing is held. */
int target_get(struct thread *t, s32 dirfd, struct uaddr path, struct target *g)
{
	int err;

	*g = (struct target){ 0 };
	err = path_copy_in(path, &g->buf, &g->len);
	if (err)
		return err;
	err = path_parent(t, dirfd, cspan_first(buf_cspan(g->buf), g->len), 0, &g->dir, &g->last);
	if (err)
		buf_put(&g->buf);
	return err;
}

int target_begin_write(struct target *g)
{
	int err = mount_begin_write(g->dir.mnt);

	g->writes = !err;
	return err;
}

void target_put(struct target *g)
{
	if (g->writes)
		mount_end_write(g->dir.mnt);
	path_put(&g->dir);
	buf_put(&g->buf);
}

int target_lookup(struct target *g, struct dentry **out)
{
	return dir_lookup(g->dir.dentry, cspan_sub(buf_cspan(g->buf), g->last.off, g->last.len),
		true, out);
}

/*
 * Locks the parent directory, and makes a negative dentry for the last component. On success the
 * caller ends with create_end. On an error everything is released.
 */
static int create_begin(struct thread *t, s32 dirfd, struct uaddr path, bool is_dir,
	struct target *g, struct dentry **d)
{
	struct inode *dir;
	int err = target_get(t, dirfd, path, g);

	if (err)
		return err;
	dir = g->dir.dentry->inode;
	rwlock_write_lock(&dir->lock);
	if (g->last.kind != LAST_NAME)
		err = -EEXIST;
	if (!err)
		err = target_lookup(g, d);
	if (!err && (*d)->inode)
		err = -EEXIST;
	else if (!err && g->last.trailing_slash && !is_dir)
		err = -ENOENT;
	else if (!err)
		err = target_begin_write(g);
	if (!err)
		err = may_create(dir);
	if (err) {
		obj_put(d);
		rwlock_write_unlock(&dir->lock);
		target_put(g);
	}
	return err;
}

/*
 * Ends create_begin. @err 0: the name was made, and watchers are notified, still under the
 * directory's lock.
 */
static void create_end(struct target *g, struct dentry **d, s64 err)
{
	if (!err)
		notify_name(g->dir.dentry->inode, target_name(g),
			IN_CREATE | notify_isdir((*d)->inode));
	obj_put(d);
	rwlock_write_unlock(&g->dir.dentry->inode->lock);
	target_put(g);
}

/*
 * The permissions are masked by the umask; set-group-ID comes from the parent, in the file system.
 */
s64 sys_mkdirat(struct thread *t, s32 dirfd, struct uaddr path, u32 mode)
{
	struct target g;
	struct dentry *d = NULL;
	struct inode *dir;
	s64 err = create_begin(t, dirfd, path, true, &g, &d);

	if (err)
		return err;
	dir = g.dir.dentry->inode;
	err = dir->ops->mkdir ? dir->ops->mkdir(dir, d, mode & 01777 & ~t->fs->umask) : -EPERM;
	create_end(&g, &d, err);
	return err;
}

/*
 * Devices require CAP_MKNOD, but for whiteouts: character devices of the number 0. A type of 0 is a
 * regular file.
 */
s64 sys_mknodat(struct thread *t, s32 dirfd, struct uaddr path, u32 mode, u64 dev)
{
	struct target g;
	struct dentry *d = NULL;
	struct inode *dir;
	s64 err;

	if (!(mode & S_IFMT))
		mode |= S_IFREG;
	switch (mode & S_IFMT) {
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK:
		break;
	case S_IFCHR:
	case S_IFBLK:
		break;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
	err = create_begin(t, dirfd, path, false, &g, &d);
	if (err)
		return err;
	dir = g.dir.dentry->inode;
	mode = (mode & S_IFMT) | (mode & 07777 & ~t->fs->umask);
	if ((S_IS(mode, S_IFBLK) || (S_IS(mode, S_IFCHR) && dev)) &&
		!cred_capable(t->cred, CAP_MKNOD))
		err = -EPERM;
	else if (S_IS(mode, S_IFREG))
		err = dir->ops->create ? dir->ops->create(dir, d, mode) : -EPERM;
	else
		err = dir->ops->mknod ? dir->ops->mknod(dir, d, mode, dev) : -EPERM;
	create_end(&g, &d, err);
	return err;
}

/* The text is not checked: a link may lead nowhere. */
s64 sys_symlinkat(struct thread *t, struct uaddr target, s32 dirfd, struct uaddr path)
{
	struct target g;
	struct dentry *d = NULL;
	struct inode *dir;
	struct buf *text;
	size_t len;
	s64 err = path_copy_in(target, &text, &len);

	if (err)
		return err;
	err = len ? create_begin(t, dirfd, path, false, &g, &d) : -ENOENT;
	if (!err) {
		dir = g.dir.dentry->inode;
		err = dir->ops->symlink
			? dir->ops->symlink(dir, d, cspan_first(buf_cspan(text), len))
			: -EPERM;
		create_end(&g, &d, err);
	}
	buf_put(&text);
	return err;
}

/*
 * The lock of the file guards its link count; that of the directory guards only the name. A file
 * whose last name has been removed does not come back.
 */
static s64 link_locked(struct inode *dir, struct dentry *d, struct inode *ino)
{
	s64 err;

	rwlock_write_lock(&ino->lock);
	err = ino->nlink == 0 && !(ino->flags & S_TMPFILE) ? -ENOENT : dir->ops->link(dir, d, ino);
	rwlock_write_unlock(&ino->lock);
	return err;
}

/*
 * The old name is resolved before the new directory is locked. link_locked checks that the file
 * still has a name, or was made by O_TMPFILE.
 */
s64 sys_linkat(struct thread *t, s32 olddirfd, struct uaddr oldpath, s32 newdirfd,
	struct uaddr newpath, u32 flags)
{
	struct target g;
	struct path old;
	struct dentry *d = NULL;
	struct inode *dir, *ino;
	s64 err;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if ((flags & AT_EMPTY_PATH) && !cred_capable(t->cred, CAP_DAC_READ_SEARCH))
		return -ENOENT;
	err = path_lookup_user(t, olddirfd, oldpath, lookup_of_at_follow(flags), &old);
	if (err)
		return err;
	err = create_begin(t, newdirfd, newpath, false, &g, &d);
	if (!err) {
		dir = g.dir.dentry->inode;
		ino = old.dentry->inode;
		if (old.mnt != g.dir.mnt)
			err = -EXDEV;
		else if (may_link(ino))
			err = -EPERM;
		else if (S_IS(ino->mode, S_IFDIR) || !dir->ops->link)
			err = -EPERM;
		else
			err = link_locked(dir, d, ino);
		if (!err)
			notify_inode(ino, IN_ATTRIB);
		create_end(&g, &d, err);
	}
	path_put(&old);
	return err;
}

/* ---- removal ---- */

/*
 * Removes the name @d, which has been checked, from @dir. The victim is locked, too. So no other
 * task can at the same time make a file in a directory that is removed, mount on it, or change the
 * file's link count. Each of these checks again under the victim's lock whether it still exists
 * (S_DEAD, the name's hash, nlink).
 */
static s64 dir_remove_locked(struct inode *dir, struct dentry *d, bool is_dir)
{
	struct inode *victim = d->inode;
	s64 err;

	rwlock_write_lock(&victim->lock);
	if (atomic_load(&d->nr_mounts))
		err = -EBUSY;
	else if (is_dir)
		err = dir->ops->rmdir ? dir->ops->rmdir(dir, d) : -EPERM;
	else
		err = dir->ops->unlink ? dir->ops->unlink(dir, d) : -EPERM;
	rwlock_write_unlock(&victim->lock);
	return err;
}

/*
 * The event for the directory is sent after the locks have been released, with the dentry dropped.
 */
static s64 remove_target(struct target *g, bool is_dir)
{
	struct dentry *d = NULL;
	struct inode *dir = g->dir.dentry->inode;
	s64 err;

	if (g->last.kind != LAST_NAME)
		return !is_dir                        ? -EISDIR
			: g->last.kind == LAST_DOT    ? -EINVAL
			: g->last.kind == LAST_DOTDOT ? -ENOTEMPTY
						      : -EBUSY;
	rwlock_write_lock(&dir->lock);
	err = target_lookup(g, &d);
	if (!err && !d->inode)
		err = -ENOENT;
	if (!err && !is_dir && g->last.trailing_slash)
		err = S_IS(d->inode->mode, S_IFDIR) ? -EISDIR : -ENOTDIR;
	if (!err)
		err = target_begin_write(g);
	if (!err)
		err = may_delete(dir, d, is_dir);
	if (!err)
		err = dir_remove_locked(dir, d, is_dir);
	if (!err && !is_dir)
		notify_inode(d->inode, IN_ATTRIB);
	rwlock_write_unlock(&dir->lock);
	obj_put(&d);
	if (!err) /* after IN_DELETE_SELF of the inode, if this was its last name */
		notify_name(dir, target_name(g), IN_DELETE | (is_dir ? IN_ISDIR : 0));
	return err;
}

int vfs_unlink(struct thread *t, struct cspan path)
{
	struct target g = { .buf = buf_alloc(max(cspan_len(path), 1ul)), .len = cspan_len(path) };
	s64 err = -ENOMEM;

	if (!g.buf)
		return -ENOMEM;
	span_copy(buf_span(g.buf), path);
	err = path_parent(t, AT_FDCWD, cspan_first(buf_cspan(g.buf), g.len), 0, &g.dir, &g.last);
	if (!err)
		err = remove_target(&g, false);
	target_put(&g);
	return (int)err;
}

/* One call for files and directories: AT_REMOVEDIR makes it rmdir. */
s64 sys_unlinkat(struct thread *t, s32 dirfd, struct uaddr path, u32 flags)
{
	struct target g;
	s64 err;

	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	err = target_get(t, dirfd, path, &g);
	if (err)
		return err;
	err = remove_target(&g, flags & AT_REMOVEDIR);
	target_put(&g);
	return err;
}

/* ---- reading links ---- */

/* The text is cut to the buffer without an error and without a NUL, see readlink(2). */
s64 sys_readlinkat(struct thread *t, s32 dirfd, struct uaddr path, struct uaddr buf, s32 size)
{
	struct path p;
	struct buf *b;
	struct inode *ino;
	u8 first;
	s64 n;

	if (size <= 0)
		return -EINVAL;
	n = path_lookup_user(t, dirfd, path, LOOKUP_EMPTY, &p);
	if (n)
		return n;
	ino = p.dentry->inode;
	b = buf_alloc_dirty(PATH_LEN);
	if (!b)
		n = -ENOMEM;
	else if (!S_IS(ino->mode, S_IFLNK) || !ino->ops->readlink)
		/* An empty name is allowed for a link only. */
		n = !user_get(&first, path) && !first ? -ENOENT : -EINVAL;
	else {
		path_accessed(&p);
		n = ino->ops->readlink(ino, buf_span(b));
	}
	if (n > 0) {
		n = min(n, (s64)size);
		if (copy_out(buf, cspan_first(buf_cspan(b), (size_t)n)))
			n = -EFAULT;
	}
	buf_put(&b);
	path_put(&p);
	return n;
}
