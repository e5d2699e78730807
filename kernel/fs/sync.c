// SPDX-License-Identifier: MPL-2.0
/*
 * sync, fsync, sync_file_range, and advice about future reads. See sync(2), fsync(2),
 * sync_file_range(2), readahead(2), posix_fadvise(2).
 *
 * How sync(2) works. First the dirty pages of all mappings are written, so that file systems know
 * where their data are. Then each super writes what it has besides: inodes (icache.c), and by
 * super_ops.sync_fs a journal, say. The newest super comes first, so the one of block devices,
 * which is older than the file systems on them, comes last: it writes what the others have put into
 * the caches of the devices, and flushes the disks.
 *
 * A super that is being unmounted is waited for, and left alone when it is gone (super.active).
 *
 * Locking: syncs_lock, a spin lock, guards the list of supers that have something to write. The
 * list holds no references; super_forget takes a super off it before the super is gone.
 */
#include <frame/task.h>
#include <kernel/error_seq.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/mapping.h>
#include <kernel/stat.h>
#include <kernel/super.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <uapi/fs.h>

#include "fs.h"

static struct spinlock syncs_lock;
static LIST_HEAD(super) syncs;

void super_list(struct super *sb)
{
	if (!sb->ops || (!sb->ops->sync_fs && !sb->ops->write_inode))
		return;
	spin_lock(&syncs_lock);
	list_push_front(&syncs, sb, sync_link);
	spin_unlock(&syncs_lock);
}

void super_forget(struct super *sb)
{
	spin_lock(&syncs_lock);
	if (list_is_linked(&syncs, sb, sync_link))
		list_remove(&syncs, sb, sync_link);
	spin_unlock(&syncs_lock);
}

/* Walks over these supers, newest first: the one after @sb, as a reference; drops that on @sb. */
static struct super *super_next(struct super *sb)
{
	struct super *next;

	task_cond_resched();
	spin_lock(&syncs_lock);
	next = sb ? list_next(sb, sync_link) : list_first(&syncs);
	while (next && !obj_tryget(next))
		next = list_next(next, sync_link);
	spin_unlock(&syncs_lock);
	obj_put(&sb);
	return next;
}

/*
 * What a super has besides pages: first inodes, since pages that were written may have changed
 * them. What can be tried again is still there, so the next sync, by whomever, is not told of an
 * error. active is held.
 */
static int sync_rest(struct super *sb)
{
	int err = super_sync_inodes(sb);
	int e = sb->ops && sb->ops->sync_fs ? sb->ops->sync_fs(sb) : 0;

	if (e && !error_is_passing(e))
		super_error_note(sb, e);
	return err ? err : e == -EINTR ? -EAGAIN : e;
}

int super_sync_held(struct super *sb)
{
	int err = pagecache_sync(sb), e = sync_rest(sb);

	return err ? err : e;
}

/* A super whose end we have waited for has been written by its end. */
static int sync_alive(struct super *sb, bool pages)
{
	int err = 0;

	rwlock_read_lock(&sb->active);
	if (!sb->dead)
		err = pages ? super_sync_held(sb) : sync_rest(sb);
	rwlock_read_unlock(&sb->active);
	return err;
}

int super_sync(struct super *sb)
{
	return sync_alive(sb, true);
}

int fs_sync_all(void)
{
	int err, e;
	struct super *sb;

	err = pagecache_sync(NULL);
	for (sb = super_next(NULL); sb; sb = super_next(sb)) {
		e = sync_alive(sb, false);
		err = err ? err : e;
	}
	return err;
}

s64 sys_sync(struct thread *t)
{
	(void)t;
	ignore_error(fs_sync_all()); /* errors are reported to callers of fsync */
	return 0;
}

/* Files without the operation (pipes, sockets) give -EINVAL. */
static s64 do_fsync(struct thread *t, s32 fd, bool data_only)
{
	struct file *f = file_get(t, fd);
	s64 ret;

	if (!f)
		return -EBADF;
	ret = f->ops->fsync ? f->ops->fsync(f, data_only) : -EINVAL;
	obj_put(&f);
	return ret;
}

s64 sys_fsync(struct thread *t, s32 fd)
{
	return do_fsync(t, fd, false);
}
s64 sys_fdatasync(struct thread *t, s32 fd)
{
	return do_fsync(t, fd, true);
}

/*
 * An error that write-back had earlier is reported once to each open file, as by fsync. O_PATH
 * descriptors are refused.
 */
s64 sys_syncfs(struct thread *t, s32 fd)
{
	struct file *f = file_get(t, fd);
	struct super *sb = f ? f->inode->sb : NULL;
	s64 ret;
	int earlier;

	if (!f)
		return -EBADF;
	ret = f->mode & FMODE_PATH ? -EBADF : super_sync(sb);
	earlier = sb->errors && ret != -EBADF
		? error_seq_check(&sb->errors->value, &f->sb_error_seen)
		: 0;
	obj_put(&f);
	return ret ? ret : earlier;
}

#define SYNC_FILE_RANGE_WAIT_BEFORE 1u
#define SYNC_FILE_RANGE_WRITE       2u
#define SYNC_FILE_RANGE_WAIT_AFTER  4u
#define SYNC_FILE_RANGE_ALL         7u

/* Waits for the writes in progress. An error that this open file has not been told of. */
static int wait_and_check(struct file *f)
{
	struct mapping *m = f->host->mapping;

	mapping_wait_writes(m);
	return mapping_error_check(m, &f->error_seen);
}

/*
 * A page that is being written and dirty again is written once more with all three flags only. All
 * writes of the file are waited for, also those outside of the range.
 */
static s64 sync_mapped(struct file *f, u64 off, u64 end, u32 flags)
{
	struct mapping *m = f->host->mapping;
	u64 first = off >> PAGE_SHIFT, last = (end - 1) >> PAGE_SHIFT;
	s64 n = 0;
	int err = flags & SYNC_FILE_RANGE_WAIT_BEFORE ? wait_and_check(f) : 0;

	if (err)
		return err;
	if ((flags & SYNC_FILE_RANGE_WRITE) && off < end)
		n = flags == SYNC_FILE_RANGE_ALL ? mapping_sync(m, first, last)
						 : mapping_write(m, first, last, ~0ul, false);
	err = flags & SYNC_FILE_RANGE_WAIT_AFTER ? wait_and_check(f) : 0;
	return n < 0 ? n : err;
}

/* Files without a mapping are in memory only: there is nothing to start or to wait for. */
int file_sync_range(struct file *f, u64 off, u64 len, u32 flags)
{
	u64 end = len ? off + len : ~0ul;

	if (f->host->mapping)
		return sync_mapped(f, off, end, flags);
	return S_IS(f->inode->mode, S_IFREG) || S_IS(f->inode->mode, S_IFDIR) ||
			S_IS(f->inode->mode, S_IFLNK)
		? 0
		: -ESPIPE;
}

s64 sys_sync_file_range(struct thread *t, s32 fd, s64 off, s64 len, u32 flags)
{
	struct file *f = file_get(t, fd);
	s64 ret = 0;

	if (!f)
		return -EBADF;
	if ((flags & ~7u) || off < 0 || len < 0 || off + len < off)
		ret = -EINVAL;
	else
		ret = file_sync_range(f, (u64)off, (u64)len, flags);
	obj_put(&f);
	return ret;
}

/* The pages of files without a mapping are in memory already. */
s64 sys_readahead(struct thread *t, s32 fd, s64 off, u64 count)
{
	struct file *f = file_get(t, fd);
	s64 ret = 0;

	if (!f || !(f->mode & FMODE_READ))
		ret = -EBADF;
	else if (f->host->mapping && off >= 0)
		file_advise(f, (u64)off, count, POSIX_FADV_WILLNEED);
	else if (!S_IS(f->inode->mode, S_IFREG))
		ret = -EINVAL;
	obj_put(&f);
	return ret;
}

/*
 * The advice is checked for all files, also for those that ignore it. A length of 0 means up to the
 * end.
 */
s64 sys_fadvise64(struct thread *t, s32 fd, s64 off, s64 len, s32 advice)
{
	struct file *f = file_get(t, fd);
	s64 ret = 0;

	if (!f)
		return -EBADF;
	if (f->mode & FMODE_STREAM)
		ret = -ESPIPE;
	else if (len < 0 || advice < 0 || advice > 5)
		ret = -EINVAL;
	else
		file_advise(f, (u64)max(off, 0l), (u64)len, (u32)advice);
	obj_put(&f);
	return ret;
}
