// SPDX-License-Identifier: MPL-2.0
/*
 * Open files: their creation and release.
 *
 * A file counts as an open one (file.opened) only when all checks and its open operation have
 * passed. Until then its release only drops references: no watcher sees an IN_CLOSE without its
 * IN_OPEN, and no release operation runs for an open operation that failed. How many there are, and
 * may be, is in file_count.c.
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

/*
 * A file open for writing is counted in its inode, which prevents its execution, and, for a regular
 * file, in its mount, which prevents that the mount becomes read-only. Special files do not change
 * the file system, so they do not count for the mount.
 */
static void start_writing(struct file *f)
{
	f->mode |= FMODE_WRITER;
	atomic_add(&f->inode->writers, 1);
	if (S_IS(f->inode->mode, S_IFREG))
		atomic_add(&f->path.mnt->writers, 1);
}

/* A regular file open for reading only is in the way of write leases (lease.c). */
static void start_reading(struct file *f)
{
	f->mode |= FMODE_READER;
	atomic_add(&f->inode->readers, 1);
}

static void stop_writing(struct file *f)
{
	atomic_sub(&f->inode->writers, 1);
	if (S_IS(f->inode->mode, S_IFREG))
		atomic_sub(&f->path.mnt->writers, 1);
}

static void stop_using(struct file *f)
{
	if (f->mode & FMODE_WRITER)
		stop_writing(f);
	else if (f->mode & FMODE_READER)
		atomic_sub(&f->inode->readers, 1);
}

/*
 * The last reference is gone. `opened` is false for a file whose open failed: then only references
 * are dropped. Else the order matters: watchers are notified and epoll instances detached while the
 * file is whole; then the release operation; then the file's own locks are removed; and the writer
 * is counted off last, when no write can follow.
 */
static void file_release(struct file *f)
{
	file_counted(-1);
	if (f->opened)
		notify_file(f, f->mode & FMODE_WRITE ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
	if (f->epolls)
		f->watch_ops->file_gone(f);
	if (unlikely(f->sigio != NULL))
		sigio_file_gone(f);
	if (f->opened && f->ops->release)
		f->ops->release(f);
	if (file_has_locks(f)) {
		locks_file_released(f);
		lease_file_released(f);
	}
	if (f->opened)
		stop_using(f);
	obj_put_any(&f->private);
	obj_put_any(&f->epolls);
	path_put(&f->path);
	obj_put(&f->cred);
}
OBJ_TYPE(file, file_release);

/* With both bits set a file can neither be read nor written: it serves ioctls. */
static u32 mode_of_flags(u32 flags)
{
	switch (flags & O_ACCMODE) {
	case O_RDONLY:
		return FMODE_READ;
	case O_WRONLY:
		return FMODE_WRITE;
	case O_RDWR:
		return FMODE_READ | FMODE_WRITE;
	default:
		return 0;
	}
}

static const struct file_ops path_ops = { 0 }; /* O_PATH: no operations */

/*
 * Sets the operations with which an open begins; the open operation may replace them. -ENXIO: a
 * file that has none cannot be opened.
 */
static int choose_ops(struct file *f)
{
	struct inode *ino = f->inode;

	if (!S_IS(ino->mode, S_IFREG) && !S_IS(ino->mode, S_IFDIR))
		return special_choose_ops(f);
	f->ops = ino->fops;
	return f->ops ? 0 : -ENXIO;
}

/*
 * Counts the file as a user of its inode, unless somebody objects: 0, -ETXTBSY, -EROFS, or the error
 * of lease_break.
 *
 * The writer is counted before exec_deny and the read-only flag are checked. exec and remount store
 * their flag first and then read the count. Both sides have full barriers, so at least one of them
 * sees the other: the open fails, or the exec or remount does. So it is with leases.
 */
static int start_using(struct file *f)
{
	bool regular = S_IS(f->inode->mode, S_IFREG);
	int err = 0;

	if (f->mode & FMODE_WRITE) {
		start_writing(f);
		if (regular && atomic_load(&f->inode->exec_deny))
			err = -ETXTBSY;
		else if (regular && mount_is_readonly(f->path.mnt))
			err = -EROFS; /* it has become so since may_open */
	} else if (regular && f->mode & FMODE_READ) {
		start_reading(f);
	}
	if (!err && regular && unlikely(load_acquire(f->inode->locks) != NULL))
		err = lease_break(f->inode, f->flags);
	if (err)
		stop_using(f);
	return err;
}

int file_open_path(const struct path *p, u32 flags, struct cred *cred, struct file **out)
{
	struct file *f = file_alloc();
	struct inode *ino = p->dentry->inode;
	int err;

	if (!f)
		return -ENFILE;
	f->path = *p;
	path_get(&f->path);
	f->inode = ino;
	f->host = ino;
	f->error_seen = inode_error_sample(ino);
	if (ino->sb->errors)
		f->sb_error_seen = error_seq_sample(&ino->sb->errors->value);
	f->flags = flags & ~FILE_OPEN_EXEC;
	f->cred = cred ? obj_get(cred) : NULL;
	lock_level(&f->pos_lock, LOCK_FILE_POS);
	if (flags & O_PATH) {
		f->ops = &path_ops;
		f->mode = FMODE_PATH;
		*out = f;
		return 0;
	}
	f->mode = mode_of_flags(flags) | FMODE_PREAD | FMODE_PWRITE;
	err = start_using(f);
	f->opened = !err;
	if (!err)
		err = choose_ops(f);
	if (!err && f->ops->open)
		err = f->ops->open(f);
	if (err) {
		if (f->opened)
			stop_using(f);
		f->opened = false;
		obj_put(&f);
		return err;
	}
	f->opened = true;
	notify_file(f, IN_OPEN);
	*out = f;
	return 0;
}

/* ---- files without a name: one super and one mount, outside the mount tree ---- */

static struct super *anon_super;
static struct mount *anon_mount;
static const struct fs_type anon_type = { .name = LIT("anon_inodefs"), .nodev = true };
static const struct super_ops anon_super_ops = { 0 };

/*
 * Files without a path have dentries and a mount like others, so no code needs a special case. The
 * mount has no place in the tree; path_is_anonymous recognizes it.
 */
static int anon_init(void)
{
	struct inode *ino;

	anon_super = super_new(&anon_type, &anon_super_ops);
	anon_mount = obj_new(mount);
	ino = anon_super ? inode_new(anon_super, S_IFDIR | 0500) : NULL;
	if (!ino || !anon_mount)
		return -ENOMEM;
	anon_super->root = dentry_new_root(anon_super, ino);
	anon_mount->sb = obj_get(anon_super);
	anon_mount->root = anon_super->root ? obj_get(anon_super->root) : NULL;
	obj_put(&ino);
	return anon_mount->root ? 0 : -ENOMEM;
}

bool path_is_anonymous(const struct path *p)
{
	return p->mnt == anon_mount;
}

struct file *file_new_inode(struct lit name, struct inode *ino, const struct file_ops *ops,
	u32 flags, u32 mode)
{
	return file_new_named(lit_span(name), ino, ops, flags, mode);
}

/*
 * The dentry is not hashed, so no walk finds it; its name is shown in /proc/self/fd. Such a file is no
 * writer: a memfd can be executed while its maker has it open, as on Linux.
 */
struct file *file_new_named(struct cspan name, struct inode *ino, const struct file_ops *ops,
	u32 flags, u32 mode)
{
	struct file *f = file_alloc();
	struct thread *t = thread_current();
	struct dentry *d = f ? dentry_new(anon_super->root, name) : NULL;

	if (!d) {
		obj_put(&f);
		return NULL;
	}
	dentry_instantiate(d, ino);
	f->path.mnt = obj_get(anon_mount);
	f->path.dentry = d;
	f->inode = ino;
	f->host = ino;
	f->ops = ops;
	f->flags = flags;
	f->mode = mode;
	f->cred = t ? obj_get(t->cred) : NULL;
	lock_level(&f->pos_lock, LOCK_FILE_POS);
	if ((mode & (FMODE_READ | FMODE_WRITE)) == FMODE_READ && S_IS(ino->mode, S_IFREG))
		start_reading(f);
	f->opened = true;
	return f;
}

/*
 * The inode has no type, and S_ANON for statfs.
 *
 * The file takes over the reference @private; without a file it is dropped.
 */
struct file *file_new_anon(struct lit name, const struct file_ops *ops, struct obj *private,
	u32 flags, u32 mode)
{
	struct inode *ino = inode_new(anon_super, 0600);
	struct file *f;

	if (ino)
		ino->flags |= S_ANON;
	f = ino ? file_new_inode(name, ino, ops, flags, mode) : NULL;
	if (f)
		f->private = private;
	else
		obj_put_any(&private);
	obj_put(&ino);
	return f;
}

int files_init(void)
{
	return anon_init();
}
