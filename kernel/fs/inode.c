// SPDX-License-Identifier: MPL-2.0
/*
 * Inodes: creation, release, times, permissions. See inode(7), path_resolution(7).
 *
 * An inode is released with its last reference. No other task can see it then, so the release takes
 * no lock. It first removes the watches, which may still be found through their instances, then
 * frees attributes, pages and locks, and drops the reference on the super last: the accounts of
 * pages and attributes are there.
 */
#include <kernel/chrdev.h>
#include <kernel/clock.h>
#include <kernel/cred.h>
#include <kernel/dentry.h>
#include <kernel/inode.h>
#include <kernel/locks.h>
#include <kernel/mapping.h>
#include <kernel/mount.h>
#include <kernel/notify.h>
#include <kernel/pagecache.h>
#include <kernel/stat.h>
#include <kernel/super.h>
#include <kernel/thread.h>
#include <uapi/fs.h>

#include "fs.h"
#include "icache.h"

static void inode_release(struct inode *ino)
{
	notify_inode_gone(ino);
	xattr_free(ino);
	mapping_detach(ino);
	if (ino->mops && ino->mops->unreserve && ino->pages.nr_pages)
		ino->mops->unreserve(ino, ino->pages.nr_pages);
	pagecache_free(&ino->pages);
	locks_free(ino);
	obj_put_any(&ino->private);
	obj_put_any(&ino->pipe);
	obj_put(&ino->slot);
	if (!ino->nlink)
		atomic_sub(&ino->sb->nr_removed, 1);
	obj_put(&ino->sb);
}
OBJ_TYPE(inode, inode_release);

/* Of an inode whose maker gives it none: nobody has to ask whether there is a table. */
static const struct inode_ops no_ops;

/* Numbers of inodes count up and are never used again in one super. */
struct inode *inode_new(struct super *sb, u32 mode)
{
	struct inode *ino = obj_new(inode);

	if (!ino)
		return NULL;
	ino->ops = &no_ops;
	ino->sb = obj_get(sb);
	ino->ino = atomic_add(&sb->next_ino, 1);
	ino->mode = mode;
	ino->nlink = 1;
	ino->atime = ino->mtime = ino->ctime = ino->btime = inode_now();
	lock_level(&ino->pages.walk_lock, LOCK_WALK);
	return ino;
}

/*
 * The super counts inodes without a name (nr_removed): as long as one of them is open, the file
 * system cannot become read-only, since its blocks are to be freed.
 */
void inode_set_nlink(struct inode *ino, u32 nlink)
{
	if (!nlink != !ino->nlink)
		atomic_add(&ino->sb->nr_removed, nlink ? ~0ul : 1);
	store_once(ino->nlink, nlink);
}

/* The second of the last inode_now: path_accessed asks for the day only, and reads no clock. */
static s64 coarse_now;

struct timespec64 inode_now(void)
{
	struct timespec64 now = timespec_of_ns(clock_realtime_ns());

	store_once(coarse_now, now.sec);
	return now;
}

static bool is_later(struct timespec64 a, struct timespec64 b)
{
	return a.sec > b.sec || (a.sec == b.sec && a.nsec > b.nsec);
}

/*
 * relatime: the access time is updated only if the file has changed since, or if it is a day old.
 * The day may come late: it is counted to the last time that anything changed anywhere. So a read
 * costs no clock and, in the common case, no store.
 */
static bool atime_is_old(const struct inode *ino)
{
	return !is_later(ino->atime, ino->mtime) || !is_later(ino->atime, ino->ctime) ||
		load_once(coarse_now) - ino->atime.sec >= 24 * 3600;
}

void path_accessed(const struct path *p)
{
	struct inode *ino = p->dentry->inode;
	u32 flags = load_once(p->mnt->flags);

	if (mount_is_readonly(p->mnt) || (flags & MS_NOATIME) || (ino->flags & S_NOATIME) ||
		((flags & MS_NODIRATIME) && S_IS(ino->mode, S_IFDIR)))
		return;
	if ((flags & MS_RELATIME) && !atime_is_old(ino))
		return;
	if (mount_begin_write(p->mnt))
		return;
	inode_touch(ino, ATTR_ATIME);
	mount_end_write(p->mnt);
}

/*
 * The three times change one after the other; a reader without the lock may see some of them
 * changed.
 */
void inode_touch(struct inode *ino, u32 which)
{
	struct timespec64 now = inode_now();

	if (which & ATTR_ATIME)
		ino->atime = now;
	if (which & ATTR_MTIME)
		ino->mtime = now;
	if (which & ATTR_CTIME)
		ino->ctime = now;
	inode_mark_dirty(ino);
}

/*
 * Field by field without the lock. Blocks of a file in memory are its pages; one with a disk behind
 * it has a number from its file system.
 */
void inode_fill_kstat(struct inode *ino, struct kstat *st)
{
	st->dev = ino->sb->dev;
	st->ino = ino->ino;
	st->mode = ino->mode;
	st->nlink = ino->nlink;
	st->uid = ino->uid;
	st->gid = ino->gid;
	st->rdev = ino->rdev;
	st->size = load_once(ino->size);
	st->blksize = PAGE_SIZE;
	st->blocks = S_IS(ino->mode, S_IFREG) && !ino->mapping
		? ino->pages.nr_pages * (PAGE_SIZE / 512)
		: ino->blocks;
	st->atime = ino->atime;
	st->mtime = ino->mtime;
	st->ctime = ino->ctime;
	st->btime = ino->btime;
}

/* ---- permissions ---- */

/* The credentials of the calling thread; NULL in a kernel task, which may do everything. */
static const struct cred *caller(void)
{
	struct thread *t = thread_current();

	return t ? t->cred : NULL;
}

bool inode_owner_or_capable(const struct inode *ino)
{
	const struct cred *c = caller();

	return !c || c->fsuid == ino->uid || cred_capable(c, CAP_FOWNER);
}

/*
 * The first class that applies decides: owner, group, others. An owner without a permission bit is
 * refused even if others have it.
 */
int inode_permission(struct inode *ino, u32 mask)
{
	const struct cred *c = caller();
	u32 mode = ino->mode;

	if (ino->ops->permission)
		return ino->ops->permission(ino, mask);
	if (!c)
		return 0;
	if (c->fsuid == ino->uid)
		mode >>= 6;
	else if (cred_in_group(c, ino->gid))
		mode >>= 3;
	if ((mode & 7 & mask) == mask)
		return 0;
	/*
	 * The capabilities. CAP_DAC_OVERRIDE allows everything on directories, and everything on
	 * files except execution without any x bit. CAP_DAC_READ_SEARCH allows to read, and to
	 * search directories.
	 */
	if (S_IS(ino->mode, S_IFDIR)) {
		if (cred_capable(c, CAP_DAC_OVERRIDE) ||
			(!(mask & MAY_WRITE) && cred_capable(c, CAP_DAC_READ_SEARCH)))
			return 0;
	} else if (!(mask & MAY_EXEC) || (ino->mode & 0111)) {
		if (cred_capable(c, CAP_DAC_OVERRIDE) ||
			(mask == MAY_READ && cred_capable(c, CAP_DAC_READ_SEARCH)))
			return 0;
	}
	return -EACCES;
}

int may_create(struct inode *dir)
{
	if (dir->flags & S_DEAD)
		return -ENOENT;
	return inode_permission(dir, MAY_WRITE | MAY_EXEC);
}

/*
 * A sticky directory (S_ISVTX) lets only the owner of the file or of the directory remove a name.
 * The order of the errors is Linux's: rights, the sticky bit, then the kind of file.
 */
int may_delete(struct inode *dir, struct dentry *victim, bool is_dir)
{
	const struct cred *c = caller();
	struct inode *ino = victim->inode;
	int err = inode_permission(dir, MAY_WRITE | MAY_EXEC);

	if (err)
		return err;
	if ((dir->mode & S_ISVTX) && c && c->fsuid != ino->uid && c->fsuid != dir->uid &&
		!cred_capable(c, CAP_FOWNER))
		return -EPERM;
	if (is_dir) {
		if (!S_IS(ino->mode, S_IFDIR))
			return -ENOTDIR;
		if (victim->flags & D_ROOT)
			return -EBUSY;
	} else if (S_IS(ino->mode, S_IFDIR)) {
		return -EISDIR;
	}
	if (dir->flags & S_DEAD)
		return -ENOENT;
	return 0;
}

/* ---- changes of the contents without an open file ---- */

/* Counted first, then looked: exec does it the other way round, so one of the two sees the other. */
int inode_begin_write(struct inode *ino)
{
	atomic_add(&ino->writers, 1);
	if (!atomic_load(&ino->exec_deny))
		return 0;
	inode_end_write(ino);
	return -ETXTBSY;
}

void inode_end_write(struct inode *ino)
{
	atomic_sub(&ino->writers, 1);
}

int path_set_size(const struct path *p, u64 size)
{
	struct inode *ino = p->dentry->inode;
	int err = mount_begin_write(p->mnt);

	if (err)
		return err;
	err = inode_check_size_limit(ino, size);
	if (!err) {
		rwlock_write_lock(&ino->lock);
		err = inode_truncate(ino, size);
		if (!err)
			inode_kill_suid(ino);
		rwlock_write_unlock(&ino->lock);
	}
	mount_end_write(p->mnt);
	return err;
}
