// SPDX-License-Identifier: MPL-2.0
/*
 * tmpfs: files in the page cache, names in the dentry cache. Options: size=, nr_inodes=, mode=,
 * uid=, gid=. See tmpfs(5).
 *
 * Each name is pinned, that is, the file system holds a reference on its dentry; unlinking unpins
 * it. An inode lives as long as it has names or open files.
 *
 * Accounts. Pages, inodes and names are counted against the limits of the mount. A counter is
 * raised first and compared then, and lowered again if it exceeds the limit; so two tasks cannot
 * pass the limit together, and a remount can change it at any time.
 *
 * Locks. Operations on directories run under the locks that struct inode_ops states; the counters
 * are atomic.
 *
 * Why names are pinned. The dentry cache frees names that nobody uses, and a look-up asks the file
 * system again; here the cache is the only place where a name stands. So each name holds a
 * reference on its dentry and by that on its inode, and the end of the mount must walk the tree to
 * drop them (pinned_drop_below).
 *
 * Costs of what a user makes: a page of contents, or of a long link, counts for size; an inode,
 * each further name and each attribute count for nr_inodes. A file without a name that is still
 * open counts until it is closed.
 */
#include <frame/fmt.h>
#include <frame/log.h>
#include <frame/task.h>
#include <kernel/cred.h>
#include <kernel/dentry.h>
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/list.h>
#include <kernel/mapping.h>
#include <kernel/memfd.h>
#include <kernel/mm.h>
#include <kernel/pagecache.h>
#include <kernel/stat.h>
#include <kernel/super.h>
#include <kernel/thread.h>
#include <kernel/tmpfs.h>
#include <uapi/fs.h>

#include "../fs.h"
#include "instance.h"

#define SHORT_TARGET 127u /* of a symbolic link: a longer text costs a page, as on Linux */

OBJ_TYPE(tmpfs, NULL_RELEASE);

static void tmpfs_inode_release(struct tmpfs_inode *ti)
{
	atomic_sub(&ti->fs->inodes, 1);
	atomic_sub(&ti->fs->pages, ti->target_pages);
	vm_uncommit(ti->target_pages + ti->promised);
	obj_put(&ti->fs);
	buf_put(&ti->target);
}
OBJ_TYPE(tmpfs_inode, tmpfs_inode_release);

/* ---- pages ---- */

static const struct mapping_ops tmpfs_mops = { .reserve = tmpfs_reserve,
	.unreserve = tmpfs_unreserve };

#define FALLOC_KEEP_SIZE  1u
#define FALLOC_PUNCH_HOLE 2u

/*
 * Whether the limit allows to fill all holes of the range: checked before the first hole is filled.
 * The result is a forecast: other tasks may take the room meanwhile, and then the allocation ends
 * with what fits.
 */
static int room_for(struct inode *ino, u64 first, u64 last)
{
	struct tmpfs *fs = tmpfs_of(ino->sb);
	u64 holes = last - first + 1, i;

	if (!fs || !fs->max_pages)
		return 0;
	if (holes > fs->max_pages)
		return -ENOSPC;
	for (i = pagecache_next(&ino->pages, first); i <= last;
		i = pagecache_next(&ino->pages, i + 1)) {
		holes--;
		task_cond_resched();
	}
	return atomic_load(&fs->pages) + holes > fs->max_pages ? -ENOSPC : 0;
}

/*
 * Allocates the pages of the holes, or punches a hole. A signal ends the allocation early; pages
 * that were allocated stay, and the size is not changed then.
 */
static int tmpfs_fallocate(struct file *f, u32 mode, u64 off, u64 len)
{
	struct inode *ino = f->inode;
	u64 first = off >> PAGE_SHIFT, last = (off + len - 1) >> PAGE_SHIFT, i;
	int err = 0;

	if (mode & ~(FALLOC_KEEP_SIZE | FALLOC_PUNCH_HOLE) || mode == FALLOC_PUNCH_HOLE)
		return -EOPNOTSUPP;
	rwlock_write_lock(&ino->lock);
	if (mode & FALLOC_PUNCH_HOLE) {
		err = inode_punch_locked(ino, off, len);
	} else {
		if (ino->seals && off + len > ino->size)
			err = (int)memfd_check_resize(ino, off + len);
		if (!err)
			err = inode_check_size_limit(ino, off + len);
		if (!err)
			err = room_for(ino, first, last);
		for (i = first; i <= last && !err; i++) {
			struct page *p = NULL;
			err = pagecache_get(ino, i, true, &p);
			page_put(&p);
			task_cond_resched();
			if (!err && signal_pending(thread_current()))
				err = -EINTR;
		}
		if (!err && !(mode & FALLOC_KEEP_SIZE) && off + len > ino->size)
			store_once(ino->size, off + len);
	}
	if (!err)
		inode_touch(ino, ATTR_MTIME | ATTR_CTIME);
	rwlock_write_unlock(&ino->lock);
	return err;
}

static const struct file_ops tmpfs_file_ops = {
	.read = generic_file_read,
	.write = generic_file_write,
	.lseek = generic_file_lseek,
	.mmap = memfd_mmap,
	.fsync = generic_fsync_none,
	.fallocate = tmpfs_fallocate,
	.splice = SPLICE_READ | SPLICE_WRITE | SPLICE_CACHED,
};
/* Positions of a directory are cookies, so there is no end to seek from. */
static s64 dir_lseek(struct file *f, s64 off, u32 whence)
{
	if (whence == SEEK_CUR)
		off += (s64)f->pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (off < 0)
		return -EINVAL;
	f->pos = (u64)off;
	return off;
}
static const struct file_ops tmpfs_dir_fops = {
	.readdir = pinned_readdir, .lseek = dir_lseek, .fsync = generic_fsync_none
};

/* ---- inodes ---- */

static const struct inode_ops tmpfs_dir_ops, tmpfs_file_iops, tmpfs_link_ops;

/*
 * Counts an inode or a further name of one, which costs about as much memory. False: the limit is
 * reached.
 */
static bool count_name(struct tmpfs *fs)
{
	u64 n = atomic_add(&fs->inodes, 1), max = load_once(fs->max_inodes);

	if (!max || n + atomic_load(&fs->xattr_bytes) / INODE_SPACE <= max)
		return true;
	atomic_sub(&fs->inodes, 1);
	return false;
}

struct inode *tmpfs_inode_new(struct super *sb, struct inode *dir, u32 mode, u64 rdev)
{
	struct tmpfs *fs = tmpfs_of(sb);
	struct thread *t = thread_current();
	struct tmpfs_inode *ti;
	struct inode *ino;

	if (!count_name(fs))
		return NULL;
	ti = obj_new(tmpfs_inode);
	if (!ti) {
		atomic_sub(&fs->inodes, 1);
		return NULL;
	}
	ti->fs = obj_get(fs);
	ino = inode_new(sb, mode);
	if (!ino) {
		obj_put(&ti);
		return NULL;
	}
	ino->private = &ti->obj;
	ino->rdev = rdev;
	if (t) {
		ino->uid = t->cred->fsuid;
		ino->gid = t->cred->fsgid;
	}
	if (dir && (dir->mode & S_ISGID)) {
		ino->gid = dir->gid;
		if (S_IS(mode, S_IFDIR))
			ino->mode |= S_ISGID;
		else if ((mode & (S_ISGID | 0010)) == (S_ISGID | 0010) && t &&
			!cred_in_group(t->cred, dir->gid) && !cred_capable(t->cred, CAP_FSETID))
			/*
			 * A user may not make a set-group-ID program of a group without being a
			 * member.
			 */
			ino->mode &= ~S_ISGID;
	}
	switch (mode & S_IFMT) {
	case S_IFREG:
		ino->ops = &tmpfs_file_iops;
		ino->fops = &tmpfs_file_ops;
		ino->mops = &tmpfs_mops;
		break;
	case S_IFDIR:
		ino->ops = &tmpfs_dir_ops;
		ino->fops = &tmpfs_dir_fops;
		ino->nlink = 2;
		ino->size = 40;
		break;
	case S_IFLNK:
		ino->ops = &tmpfs_link_ops;
		break;
	default:
		ino->ops = &tmpfs_file_iops;
		break;
	}
	return ino;
}

/* Gives a complete inode its name; from then on other tasks find it. Consumes the reference. */
static void publish(struct inode *dir, struct dentry *d, struct inode *ino)
{
	dentry_pin(d, ino);
	if (S_IS(ino->mode, S_IFDIR))
		dir->nlink++;
	dir->size += 20;
	inode_touch(dir, ATTR_MTIME | ATTR_CTIME);
	obj_put(&ino);
}

/* A new inode under a new name. */
static int tmpfs_add(struct inode *dir, struct dentry *d, u32 mode, u64 rdev)
{
	struct inode *ino = tmpfs_inode_new(dir->sb, dir, mode, rdev);

	if (!ino)
		return -ENOSPC;
	publish(dir, d, ino);
	return 0;
}

int tmpfs_add_kernel(struct inode *dir, struct dentry *d, u32 mode, u64 rdev)
{
	struct inode *ino = tmpfs_inode_new(dir->sb, dir, mode, rdev);

	if (!ino)
		return -ENOSPC;
	ino->flags |= S_KERNEL;
	ino->uid = 0;
	ino->gid = 0;
	publish(dir, d, ino);
	return 0;
}

static int tmpfs_create(struct inode *dir, struct dentry *d, u32 mode)
{
	return tmpfs_add(dir, d, S_IFREG | mode, 0);
}
static int tmpfs_mkdir(struct inode *dir, struct dentry *d, u32 mode)
{
	return tmpfs_add(dir, d, S_IFDIR | mode, 0);
}
static int tmpfs_mknod(struct inode *dir, struct dentry *d, u32 mode, u64 rdev)
{
	return tmpfs_add(dir, d, mode, rdev);
}

/* A long text of a link is counted as a page. */
static bool count_target(struct inode *ino, struct tmpfs_inode *ti, size_t len)
{
	if (len <= SHORT_TARGET)
		return true;
	if (tmpfs_reserve(ino, 1))
		return false;
	ti->target_pages = 1;
	ino->blocks = PAGE_SIZE / 512;
	return true;
}

/* The text is complete before the link is published. */
static int tmpfs_symlink(struct inode *dir, struct dentry *d, struct cspan target)
{
	struct buf *b = buf_alloc_dirty(cspan_len(target));
	struct inode *ino;
	struct tmpfs_inode *ti;

	if (!b)
		return -ENOMEM;
	ino = tmpfs_inode_new(dir->sb, dir, S_IFLNK | 0777, 0);
	ti = ino ? obj_cast(tmpfs_inode, ino->private) : NULL;
	if (!ino || !count_target(ino, ti, cspan_len(target))) {
		obj_put(&ino);
		buf_put(&b);
		return -ENOSPC;
	}
	span_copy(buf_span(b), target);
	ti->target = b;
	ti->target_len = (u32)cspan_len(target);
	ino->size = cspan_len(target);
	publish(dir, d, ino);
	return 0;
}

/*
 * The first name of a file of O_TMPFILE clears S_TMPFILE: if all its names are removed later, it
 * cannot be linked again.
 */
static int tmpfs_link(struct inode *dir, struct dentry *d, struct inode *ino)
{
	/* The count of the inode covers its first name. */
	if (ino->nlink && !count_name(tmpfs_of(dir->sb)))
		return -ENOSPC;
	inode_set_nlink(ino, ino->nlink + 1);
	ino->flags &= ~(u32)S_TMPFILE;
	dentry_pin(d, ino);
	dir->size += 20;
	inode_touch(dir, ATTR_MTIME | ATTR_CTIME);
	inode_touch(ino, ATTR_CTIME);
	return 0;
}

/*
 * Updates the file and the directory when a name of the file is removed. The name itself is not
 * touched. The last name is not counted off here: its share is that of the inode, which may still
 * be open.
 */
static void count_unlink(struct inode *dir, struct inode *ino)
{
	inode_set_nlink(ino, ino->nlink - 1);
	if (ino->nlink)
		atomic_sub(&tmpfs_of(dir->sb)->inodes, 1);
	dir->size -= 20;
	inode_touch(dir, ATTR_MTIME | ATTR_CTIME);
	inode_touch(ino, ATTR_CTIME);
}

/*
 * The same for the name of a directory, if that is empty. From here on nothing can be made in it: a
 * task that would do so checks S_DEAD under the directory's lock, which is held here.
 */
static int count_rmdir(struct inode *dir, struct dentry *d)
{
	struct inode *ino = d->inode;

	if (!list_empty(&d->children))
		return -ENOTEMPTY;
	ino->flags |= S_DEAD;
	inode_set_nlink(ino, 0);
	dir->nlink--;
	dir->size -= 20;
	inode_touch(dir, ATTR_MTIME | ATTR_CTIME);
	return 0;
}

static int tmpfs_unlink(struct inode *dir, struct dentry *d)
{
	count_unlink(dir, d->inode);
	dentry_unpin(d);
	return 0;
}

/* The victim's dentry may still be held by others; S_DEAD makes all operations in it fail. */
static int tmpfs_rmdir(struct inode *dir, struct dentry *d)
{
	int err = count_rmdir(dir, d);

	if (!err)
		dentry_unpin(d);
	return err;
}

/*
 * Link counts of directories: 2, plus one for each subdirectory (its ".."). So a directory that
 * moves to another parent lowers the count of the one and raises that of the other; an exchange
 * does so only if exactly one of both is a directory. The size of a directory is 20 bytes for each
 * name.
 *
 * The counts are updated first and the names last, because dentry_move and dentry_swap cannot fail.
 * Only a target directory that is not empty makes the rename fail, before any change, and a lack of
 * memory for a whiteout.
 */
static int tmpfs_rename(struct inode *from_dir, struct dentry *from, struct inode *to_dir,
	struct dentry *to, u32 flags)
{
	bool is_dir = S_IS(from->inode->mode, S_IFDIR);
	struct whiteout white = { 0 };
	int err = flags & RENAME_WHITEOUT ? whiteout_new(from_dir, from, &white) : 0;

	if (err)
		return err;
	if (flags & RENAME_EXCHANGE) {
		bool other_dir = S_IS(to->inode->mode, S_IFDIR);
		if (is_dir != other_dir && from_dir != to_dir) {
			from_dir->nlink += other_dir - is_dir;
			to_dir->nlink += is_dir - other_dir;
		}
		dentry_swap(from, to);
	} else {
		if (to->inode && is_dir)
			err = count_rmdir(to_dir, to);
		else if (to->inode)
			count_unlink(to_dir, to->inode);
		if (err) {
			whiteout_put(&white);
			return err;
		}
		dentry_move(from, to);
		from_dir->size -= 20;
		to_dir->size += 20;
		if (is_dir && from_dir != to_dir) {
			from_dir->nlink--;
			to_dir->nlink++;
		}
		if (white.name)
			publish(from_dir, white.name, obj_get(white.inode));
		whiteout_put(&white);
	}
	inode_touch(from_dir, ATTR_MTIME | ATTR_CTIME);
	inode_touch(to_dir, ATTR_MTIME | ATTR_CTIME);
	inode_touch(from->inode, ATTR_CTIME);
	return 0;
}

/* The inode has no name and nlink 0; it is freed with its last open file. */
static int tmpfs_tmpfile(struct inode *dir, u32 mode, struct inode **out)
{
	struct inode *ino = tmpfs_inode_new(dir->sb, dir, S_IFREG | mode, 0);

	if (!ino)
		return -ENOSPC;
	inode_set_nlink(ino, 0);
	ino->flags |= S_TMPFILE;
	*out = ino;
	return 0;
}

static ssize_t tmpfs_readlink(struct inode *ino, struct span out)
{
	struct tmpfs_inode *ti = obj_cast(tmpfs_inode, ino->private);

	return (ssize_t)span_copy(out, cspan_first(buf_cspan(ti->target), ti->target_len));
}

/* By its operations, so files of shared memory and memfds are such files, too. */
bool inode_is_tmpfs_file(const struct inode *ino)
{
	return ino->mops == &tmpfs_mops;
}

static const struct inode_ops tmpfs_dir_ops = {
	.create = tmpfs_create,
	.mkdir = tmpfs_mkdir,
	.mknod = tmpfs_mknod,
	.symlink = tmpfs_symlink,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.rmdir = tmpfs_rmdir,
	.rename = tmpfs_rename,
	.tmpfile = tmpfs_tmpfile,
};
static const struct inode_ops tmpfs_file_iops = { 0 };
static const struct inode_ops tmpfs_link_ops = { .readlink = tmpfs_readlink };

/* ---- supers ---- */

/* Without a limit there is no total, and all numbers are 0. */
static int tmpfs_statfs(struct super *sb, struct kstatfs *k)
{
	struct tmpfs *fs = tmpfs_of(sb);

	k->type = TMPFS_MAGIC;
	k->blocks = fs->max_pages;
	k->bfree = fs->max_pages - min(atomic_load(&fs->pages), fs->max_pages);
	k->bavail = k->bfree;
	k->files = fs->max_inodes;
	k->ffree = fs->max_inodes - min(atomic_load(&fs->inodes), fs->max_inodes);
	return 0;
}

/*
 * Unpins the names below a directory, depth first. There is no recursion: a user can make the tree
 * deep. The walk descends to a directory without children, unpins it, and continues with its
 * parent, which it reads before the unpin may release the child.
 */
void pinned_drop_below(struct dentry *top)
{
	struct dentry *at = top;

	while (at) {
		struct dentry *child = list_first(&at->children);
		if (child) {
			at = child;
			continue;
		}
		if (at == top)
			break;
		child = at;
		at = at->parent;
		dentry_unpin(child);
		task_cond_resched();
	}
}

/*
 * The names are the only references that the file system holds on its files. No file is open any
 * more: an open file keeps its mount, and the mount the super.
 */
static int tmpfs_kill(struct super *sb)
{
	pinned_drop_below(sb->root);
	return 0;
}

/* Attributes and inodes share one limit, as on Linux. */
static int tmpfs_xattr_reserve(struct super *sb, u64 bytes)
{
	struct tmpfs *fs = tmpfs_of(sb);

	if (atomic_add(&fs->xattr_bytes, bytes) + atomic_load(&fs->inodes) * INODE_SPACE >
			fs->max_inodes * INODE_SPACE &&
		fs->max_inodes) {
		atomic_sub(&fs->xattr_bytes, bytes);
		return -ENOSPC;
	}
	return 0;
}

static void tmpfs_xattr_unreserve(struct super *sb, u64 bytes)
{
	atomic_sub(&tmpfs_of(sb)->xattr_bytes, bytes);
}

static const struct super_ops tmpfs_super_ops = {
	.statfs = tmpfs_statfs,
	.remount = tmpfs_remount,
	.kill = tmpfs_kill,
	.show_options = tmpfs_show,
	.xattr_reserve = tmpfs_xattr_reserve,
	.xattr_unreserve = tmpfs_xattr_unreserve,
};

/* The default limits are half of memory for pages, and one inode for each page of that half. */
static int tmpfs_mount(const struct fs_type *type, struct cspan source, u32 flags,
	struct cspan data, struct super **out)
{
	struct super *sb = super_new(type, &tmpfs_super_ops);
	struct tmpfs *fs = obj_new(tmpfs);
	struct inode *root = NULL;
	struct page_stats s;
	int err = -ENOMEM;

	(void)source;
	(void)flags;
	if (!sb || !fs)
		goto out;
	page_get_stats(&s);
	fs->max_pages = s.total / 2;
	fs->max_inodes = s.total / 2;
	fs->mode = 01777;
	err = tmpfs_parse_options(fs, data);
	if (err)
		goto out;
	sb->private = &obj_get(fs)->obj;
	sb->magic = TMPFS_MAGIC;
	root = tmpfs_inode_new(sb, NULL, S_IFDIR | fs->mode, 0);
	if (root) {
		root->uid = fs->uid;
		root->gid = fs->gid;
		sb->root = dentry_new_root(sb, root);
	}
	err = sb->root ? 0 : -ENOMEM;
out:
	if (!err)
		*out = obj_get(sb);
	obj_put(&root);
	obj_put(&fs);
	obj_put(&sb);
	return err;
}

const struct fs_type tmpfs_type = { .name = LIT("tmpfs"), .nodev = true, .mount = tmpfs_mount };
static const struct fs_type ramfs_type = {
	.name = LIT("ramfs"), .nodev = true, .mount = tmpfs_mount
};

/* ---- shared memory without a name ---- */

static struct super *shmem_super;

/*
 * Shared memory lives in a tmpfs of its own, which is not mounted. Without a name it lives as long
 * as mappings and open files of it.
 */
struct inode *shmem_inode_new(u64 len)
{
	struct inode *ino = tmpfs_inode_new(shmem_super, NULL, S_IFREG | 0600, 0);

	if (ino) {
		ino->size = len;
		inode_set_nlink(ino, 0);
	}
	return ino;
}

int shmem_file_new(struct cspan name, struct inode *ino, u32 flags, struct file **out)
{
	struct file *f = file_new_named(name, ino, &tmpfs_file_ops, flags,
		FMODE_READ | FMODE_WRITE | FMODE_PREAD | FMODE_PWRITE);

	*out = f;
	return f ? 0 : -ENFILE;
}

/* ramfs is a tmpfs here, limits included. */
int tmpfs_init(void)
{
	fs_register(&tmpfs_type);
	fs_register(&ramfs_type);
	return tmpfs_mount(&tmpfs_type, STR("shm"), 0, STR("size=100%"), &shmem_super);
}
