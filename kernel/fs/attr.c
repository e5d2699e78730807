// SPDX-License-Identifier: MPL-2.0
/*
 * Changes of attributes: chmod, chown, truncate, fallocate. See the man pages of these calls.
 * utimensat is in times.c.
 *
 * How it works. Each call resolves its path or descriptor, checks that the mount is not read-only,
 * and then takes inode.lock for writing. The permission check and the change are one critical
 * section, so the owner or mode cannot change in between. Watchers are notified after the lock has
 * been released. Readers of attributes (stat, permission checks of a path walk) take no lock.
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

/*
 * A write takes the rights from a program that would run as another user. The set-group-ID bit of a
 * file that its group may not execute gives none, so it stays; once it marked files for mandatory
 * locking.
 */
void inode_kill_suid(struct inode *ino)
{
	struct thread *t = thread_current();

	if (!S_IS(ino->mode, S_IFREG) || (t && cred_capable(t->cred, CAP_FSETID)))
		return;
	ino->mode &= ~S_ISUID;
	if (ino->mode & 0010)
		ino->mode &= ~S_ISGID;
}

/*
 * Zeroes the bytes [lo, hi) of one page of the file, if the page exists; a hole reads as zeros
 * anyway.
 */
static void zero_part(struct inode *ino, u64 lo, u64 hi)
{
	struct page *p = lo < hi ? pagecache_find(&ino->pages, lo >> PAGE_SHIFT) : NULL;

	if (p)
		page_zero(p, lo & PAGE_MASK, hi - lo);
	page_put(&p);
}

/*
 * Between two steps of a file system that frees many blocks, faults of other pages get their turn.
 * The pages at the edges stay held.
 */
static void let_faults_run(struct mapping *m)
{
	rwlock_write_unlock(&m->invalidate_lock);
	task_cond_resched();
	rwlock_write_lock(&m->invalidate_lock);
}

/*
 * Under the locks: the pages [first, last) leave the cache before each step, because a fault may
 * have brought some back, from blocks that are freed now.
 */
static int punch_steps(struct inode *ino, u64 off, u64 len, u64 first, u64 last)
{
	int err;

	for (;;) {
		if (first < last)
			(void)pagecache_cut_range(ino, first, last - 1, false);
		err = ino->ops->punch(ino, off, len);
		if (err <= 0)
			return err;
		let_faults_run(ino->mapping);
	}
}

/*
 * A hole in a file with a disk behind it: whole pages are cut, the parts of pages at both ends are
 * zeroed and held, and then the file system frees the blocks. No page of the range enters the cache
 * before that.
 */
static int punch_mapped(struct inode *ino, u64 off, u64 len)
{
	u64 end = off + len, first = round_up(off, PAGE_SIZE), last = round_down(end, PAGE_SIZE);
	u64 low_end = min(first, end), high = last >= first ? last : end;
	struct mapping *m = ino->mapping;
	struct page *a = NULL, *b = NULL;
	int err = mapping_get_edge(m, off, low_end, &a);

	if (!err)
		err = mapping_get_edge(m, high, end, &b);
	if (!err) {
		rwlock_write_lock(&m->invalidate_lock);
		mapping_hold_edge(m, off, low_end, a);
		mapping_hold_edge(m, high, end, b);
		err = punch_steps(ino, off, len, first >> PAGE_SHIFT, last >> PAGE_SHIFT);
		mapping_release_edge(m, off, &a);
		mapping_release_edge(m, high, &b);
		rwlock_write_unlock(&m->invalidate_lock);
	}
	page_put(&a);
	page_put(&b);
	return err;
}

/*
 * Files of two kinds. One with a disk behind it has a mapping, and the file system frees its blocks
 * (punch_mapped). The pages of a tmpfs file are all there is of it: those that are removed give
 * their room back to the file system, and only those that were there.
 */
int inode_punch_locked(struct inode *ino, u64 off, u64 len)
{
	u64 first = div_round_up(off, PAGE_SIZE), last = (off + len) >> PAGE_SHIFT, removed;
	s64 err = ino->seals ? memfd_check_write(ino, 0, 0) : 0;

	if (!ino->mops || (ino->mapping && !ino->ops->punch))
		return -EOPNOTSUPP;
	if (err)
		return (int)err;
	if (ino->mapping)
		return punch_mapped(ino, off, len);
	/*
	 * The first and the last page may lie in the range only in part: that part is zeroed. Pages
	 * that lie in the range as a whole are removed.
	 */
	if (first > last) {
		zero_part(ino, off, off + len);
		return 0;
	}
	zero_part(ino, off, first << PAGE_SHIFT);
	zero_part(ino, last << PAGE_SHIFT, off + len);
	if (first == last)
		return 0;
	removed = pagecache_cut_range(ino, first, last - 1, false);
	if (removed && ino->mops->unreserve)
		ino->mops->unreserve(ino, removed);
	return 0;
}

/* Times change also if the range has no pages, as on Linux. */
int inode_punch(struct inode *ino, u64 off, u64 len)
{
	int err;

	rwlock_write_lock(&ino->lock);
	err = inode_punch_locked(ino, off, len);
	if (!err)
		inode_touch(ino, ATTR_MTIME | ATTR_CTIME);
	rwlock_write_unlock(&ino->lock);
	return err;
}

/*
 * A new size of a file with a disk behind it. The page where the smaller of the two sizes lies is
 * read first; then, with no page entering the cache, it is held and its rest zeroed, the size is
 * stored, the pages beyond it are cut, and the file system frees the blocks, perhaps in steps:
 * behind the new size no page enters the cache between them. A larger size that the file system
 * refuses is taken back; a smaller one stays, because the pages are gone.
 */
static int truncate_mapped(struct inode *ino, u64 size)
{
	struct mapping *m = ino->mapping;
	u64 old = ino->size, from = min(size, old), to = round_up(from, PAGE_SIZE);
	struct page *edge;
	int err = mapping_get_edge(m, from, to, &edge);

	if (err)
		return err;
	rwlock_write_lock(&m->invalidate_lock);
	mapping_hold_edge(m, from, to, edge);
	store_once(ino->size, size);
	if (size < old)
		(void)pagecache_cut_range(ino, div_round_up(size, PAGE_SIZE), ~0ul >> PAGE_SHIFT,
			true);
	while ((err = ino->ops->truncate ? ino->ops->truncate(ino, old) : 0) > 0)
		let_faults_run(m);
	if (err && size > old)
		store_once(ino->size, old);
	mapping_release_edge(m, from, &edge);
	rwlock_write_unlock(&m->invalidate_lock);
	if (!err || size < old)
		inode_touch(ino, ATTR_MTIME | ATTR_CTIME);
	return err;
}

/*
 * The order matters for a smaller size: first the size is stored, then the pages beyond it are
 * removed from the cache and from all mappings. A page fault reads the size again after it has
 * mapped a page, and unmaps the page if it lies beyond the size. So no such page stays mapped:
 * either the fault came before the removal, which finds the mapping, or it sees the new size.
 */
int inode_truncate(struct inode *ino, u64 size)
{
	u64 old = ino->size;
	struct page *p;
	s64 err;

	if (!ino->mops)
		return -EINVAL;
	err = ino->seals ? memfd_check_resize(ino, size) : 0;
	if (err)
		return (int)err;
	if (ino->mapping)
		return truncate_mapped(ino, size);
	store_once(ino->size, size);
	if (size < old) {
		u64 first = div_round_up(size, PAGE_SIZE);
		u64 removed;
		removed = pagecache_cut_range(ino, first, ~0ul >> PAGE_SHIFT, true);
		if (removed && ino->mops->unreserve)
			ino->mops->unreserve(ino, removed);
		/* The rest of the last page must read as zeros if the file grows again. */
		p = size & PAGE_MASK ? pagecache_find(&ino->pages, size >> PAGE_SHIFT) : NULL;
		if (p)
			page_zero(p, size & PAGE_MASK, PAGE_SIZE - (size & PAGE_MASK));
		page_put(&p);
	}
	inode_touch(ino, ATTR_MTIME | ATTR_CTIME);
	return 0;
}

/*
 * Mode and ids are single words, so a reader without the lock sees each of them before or after the
 * change; a time has two words and may be seen half changed.
 */
int inode_setattr(struct inode *ino, struct iattr *a)
{
	if (ino->ops->setattr)
		return ino->ops->setattr(ino, a);
	if (a->valid & ATTR_MODE)
		ino->mode = (ino->mode & S_IFMT) | (a->mode & 07777);
	if (a->valid & ATTR_UID)
		ino->uid = a->uid;
	if (a->valid & ATTR_GID)
		ino->gid = a->gid;
	if (a->valid & ATTR_ATIME)
		ino->atime = a->atime;
	if (a->valid & ATTR_MTIME)
		ino->mtime = a->mtime;
	inode_touch(ino, ATTR_CTIME);
	return 0;
}

/* ---- chmod ---- */

/*
 * The owner or CAP_FOWNER. Set-group-ID is dropped silently if the caller is not a member of the
 * file's group, see chmod(2). The mode of a symbolic link is fixed; nothing would ever read it.
 */
static s64 do_chmod(struct thread *t, const struct path *p, u32 mode)
{
	struct inode *ino = p->dentry->inode;
	struct iattr a = { .valid = ATTR_MODE, .mode = mode & 07777 };
	s64 err;

	err = mount_begin_write(p->mnt);
	if (err)
		return err;
	if (S_IS(ino->mode, S_IFLNK)) {
		mount_end_write(p->mnt);
		return -EOPNOTSUPP;
	}
	rwlock_write_lock(&ino->lock);
	if (!inode_owner_or_capable(ino)) {
		err = -EPERM;
	} else if (ino->seals && memfd_check_mode(ino, mode)) {
		err = -EPERM;
	} else {
		if (!cred_in_group(t->cred, ino->gid) && !cred_capable(t->cred, CAP_FSETID))
			a.mode &= ~S_ISGID;
		err = inode_setattr(ino, &a);
	}
	rwlock_write_unlock(&ino->lock);
	mount_end_write(p->mnt);
	if (!err)
		notify_dentry(p->dentry, IN_ATTRIB);
	return err;
}

s64 sys_fchmod(struct thread *t, s32 fd, u32 mode)
{
	struct file *f = file_get(t, fd);
	s64 err;

	if (!f)
		return -EBADF;
	err = do_chmod(t, &f->path, mode);
	obj_put(&f);
	return err;
}

/*
 * fchmodat has no flags; this call has AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH. The mode of a link
 * cannot be changed: -EOPNOTSUPP.
 */
s64 sys_fchmodat2(struct thread *t, s32 dirfd, struct uaddr path, u32 mode, u32 flags)
{
	struct path p;
	s64 err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = path_lookup_user(t, dirfd, path, lookup_of_at(flags), &p);
	if (err)
		return err;
	err = do_chmod(t, &p, mode);
	path_put(&p);
	return err;
}

s64 sys_fchmodat(struct thread *t, s32 dirfd, struct uaddr path, u32 mode)
{
	return sys_fchmodat2(t, dirfd, path, mode, 0);
}

/* ---- chown ---- */

#define NO_ID 0xffffffffu

/* chown(2): CAP_CHOWN; or the file's owner, who may set a group of which he is a member. */
static bool may_chown(const struct cred *c, const struct inode *ino, u32 uid, u32 gid)
{
	if (cred_capable(c, CAP_CHOWN))
		return true;
	if (uid != NO_ID && !(c->fsuid == ino->uid && uid == ino->uid))
		return false;
	return gid == NO_ID || (c->fsuid == ino->uid && (cred_in_group(c, gid) || gid == ino->gid));
}

/*
 * An id of -1 leaves the owner or the group as it is. The credentials are compared with the owner
 * that the file has now, under the lock, so two changes at a time are checked one after the other.
 */
static s64 do_chown(struct thread *t, const struct path *p, u32 uid, u32 gid)
{
	struct inode *ino = p->dentry->inode;
	struct iattr a = { .uid = uid, .gid = gid };
	s64 err;

	err = mount_begin_write(p->mnt);
	if (err)
		return err;
	rwlock_write_lock(&ino->lock);
	if (!may_chown(t->cred, ino, uid, gid)) {
		err = -EPERM;
	} else {
		a.valid = (uid != NO_ID ? ATTR_UID : 0) | (gid != NO_ID ? ATTR_GID : 0);
		/* The set-ID bits are cleared, also when root changes the owner. */
		if (!S_IS(ino->mode, S_IFDIR)) {
			ino->mode &= ~S_ISUID;
			if (ino->mode & 0010)
				ino->mode &= ~S_ISGID;
		}
		err = inode_setattr(ino, &a);
	}
	rwlock_write_unlock(&ino->lock);
	mount_end_write(p->mnt);
	if (!err && a.valid)
		notify_dentry(p->dentry, IN_ATTRIB);
	return err;
}

s64 sys_fchown(struct thread *t, s32 fd, u32 uid, u32 gid)
{
	struct file *f = file_get(t, fd);
	s64 err;

	if (!f)
		return -EBADF;
	err = do_chown(t, &f->path, uid, gid);
	obj_put(&f);
	return err;
}

s64 sys_fchownat(struct thread *t, s32 dirfd, struct uaddr path, u32 uid, u32 gid, u32 flags)
{
	struct path p;
	s64 err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = path_lookup_user(t, dirfd, path, lookup_of_at(flags), &p);
	if (err)
		return err;
	err = do_chown(t, &p, uid, gid);
	path_put(&p);
	return err;
}

/* ---- size ---- */

/*
 * RLIMIT_FSIZE bounds growth only: a size that the file has already, or a smaller one, is always
 * allowed.
 */
int inode_check_size_limit(struct inode *ino, u64 size)
{
	struct thread *t = thread_current();
	u64 limit = rlimit_get(t, RLIMIT_FSIZE);
	struct siginfo info = { .signo = SIGXFSZ, .code = SI_USER };

	if (limit == RLIM_INFINITY || size <= limit || size <= load_once(ino->size))
		return 0;
	ignore_error(signal_send_thread(t, &info)); /* a standard signal is never refused */
	return -EFBIG;
}

/*
 * Beyond RLIMIT_FSIZE the caller gets SIGXFSZ, and nothing changes. A write takes the set-user-ID
 * bit, and so does a change of the size, also one to the size that the file has.
 */
static s64 do_truncate(const struct path *p, s64 size)
{
	struct inode *ino = p->dentry->inode;
	s64 err;

	if (size < 0)
		return -EINVAL;
	if (S_IS(ino->mode, S_IFDIR))
		return -EISDIR;
	if (!S_IS(ino->mode, S_IFREG))
		return -EINVAL;
	err = path_set_size(p, (u64)size);
	if (!err)
		notify_dentry(p->dentry, IN_MODIFY);
	return err;
}

/*
 * By path the permission is checked now; by descriptor it was checked by open. A program that runs
 * cannot be truncated.
 */
s64 sys_truncate(struct thread *t, struct uaddr path, s64 size)
{
	struct path p;
	s64 err;

	if (size < 0)
		return -EINVAL;
	err = path_lookup_user(t, AT_FDCWD, path, LOOKUP_FOLLOW, &p);
	if (err)
		return err;
	if (!S_IS(p.dentry->inode->mode, S_IFDIR))
		err = inode_permission(p.dentry->inode, MAY_WRITE);
	if (!err)
		err = inode_begin_write(p.dentry->inode);
	if (!err) {
		err = lease_break(p.dentry->inode, O_WRONLY);
		if (!err)
			err = do_truncate(&p, size);
		inode_end_write(p.dentry->inode);
	}
	path_put(&p);
	return err;
}

/* A descriptor that was not opened for writing is -EINVAL here, not -EBADF, as on Linux. */
s64 sys_ftruncate(struct thread *t, s32 fd, s64 size)
{
	struct file *f;
	s64 err;

	if (size < 0)
		return -EINVAL;
	f = file_get(t, fd);
	if (!f)
		return -EBADF;
	if (!S_IS(f->inode->mode, S_IFREG) || !(f->mode & FMODE_WRITE))
		err = -EINVAL;
	else
		err = do_truncate(&f->path, size);
	obj_put(&f);
	return err;
}

/*
 * The file's operation decides which modes it supports. So an unknown mode is found last, after all
 * that is wrong with the file and the range. The end of the range may not overflow (-EFBIG).
 */
s64 sys_fallocate(struct thread *t, s32 fd, u32 mode, s64 off, s64 len)
{
	struct file *f = file_get(t, fd);
	s64 err;

	if (!f)
		return -EBADF;
	if (off < 0 || len <= 0)
		err = -EINVAL;
	else if (!(f->mode & FMODE_WRITE))
		err = -EBADF;
	else if (f->mode & FMODE_STREAM)
		err = -ESPIPE;
	else if (S_IS(f->inode->mode, S_IFDIR))
		err = -EISDIR;
	else if (!S_IS(f->inode->mode, S_IFREG) && !S_IS(f->inode->mode, S_IFBLK))
		err = -ENODEV;
	else if (off + len < 0)
		err = -EFBIG;
	else
		err = f->ops->fallocate ? f->ops->fallocate(f, mode, (u64)off, (u64)len)
					: -EOPNOTSUPP;
	if (!err)
		notify_file(f, IN_MODIFY);
	obj_put(&f);
	return err;
}
