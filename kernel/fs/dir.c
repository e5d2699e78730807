// SPDX-License-Identifier: MPL-2.0
/*
 * Names: mkdir, mknod, link, symlink, unlink, rename, readlink, getdents, the working directory.
 * See their man pages.
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
#include <uapi/fs.h>

#include "fs.h"

/* A path's parent directory and last component, with the buffer the name lies in. */
struct target {
	struct buf *buf;
	size_t len;
	struct path dir;
	struct last_name last;
};

static int target_get(struct thread *t, s32 dirfd, struct uaddr path, struct target *g)
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

static void target_put(struct target *g)
{
	path_put(&g->dir);
	buf_put(&g->buf);
}

static int target_lookup(struct target *g, struct dentry **out)
{
	return dir_lookup(g->dir.dentry, cspan_sub(buf_cspan(g->buf), g->last.off, g->last.len),
		true, out);
}

/*
 * The directory locked and a dentry that does not exist yet. On success the caller ends with
 * create_end.
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
		err = may_create(dir, g->dir.mnt);
	if (err) {
		obj_put(d);
		rwlock_write_unlock(&dir->lock);
		target_put(g);
	}
	return err;
}

/* The name in the target's buffer. */
#define target_name(g) (cspan_sub(buf_cspan((g)->buf), (g)->last.off, (g)->last.len))

/* @err 0: the name is new. */
static void create_end(struct target *g, struct dentry **d, s64 err)
{
	if (!err)
		notify_name(g->dir.dentry->inode, target_name(g),
			IN_CREATE | notify_isdir((*d)->inode));
	obj_put(d);
	rwlock_write_unlock(&g->dir.dentry->inode->lock);
	target_put(g);
}

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
	if ((S_IS(mode, S_IFCHR) || S_IS(mode, S_IFBLK)) && !cred_capable(t->cred, CAP_MKNOD))
		err = -EPERM;
	else if (S_IS(mode, S_IFREG))
		err = dir->ops->create ? dir->ops->create(dir, d, mode) : -EPERM;
	else
		err = dir->ops->mknod ? dir->ops->mknod(dir, d, mode, dev) : -EPERM;
	create_end(&g, &d, err);
	return err;
}

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

/* The file's lock guards its count of names, the directory's only the name. */
static s64 link_locked(struct inode *dir, struct dentry *d, struct inode *ino)
{
	s64 err;

	rwlock_write_lock(&ino->lock);
	err = ino->nlink == 0 && !(ino->flags & S_TMPFILE) ? -ENOENT : dir->ops->link(dir, d, ino);
	rwlock_write_unlock(&ino->lock);
	return err;
}

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
	err = path_lookup_user(t, olddirfd, oldpath,
		(flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0) |
			(flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0),
		&old);
	if (err)
		return err;
	err = create_begin(t, newdirfd, newpath, false, &g, &d);
	if (!err) {
		dir = g.dir.dentry->inode;
		ino = old.dentry->inode;
		if (old.mnt != g.dir.mnt)
			err = -EXDEV;
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
 * Takes the name @d of what may be removed out of @dir. The victim is locked, too: so nobody makes
 * a file in a directory that goes, mounts on it, or counts the file's names at the same time. Each
 * of them looks again, under the victim's lock, whether it is still there (S_DEAD, the name's hash,
 * nlink).
 */
static s64 remove_locked(struct inode *dir, struct dentry *d, bool is_dir)
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

static s64 remove_name(struct thread *t, s32 dirfd, struct uaddr path, bool is_dir)
{
	struct target g;
	struct dentry *d = NULL;
	struct inode *dir;
	s64 err = target_get(t, dirfd, path, &g);

	if (err)
		return err;
	if (g.last.kind != LAST_NAME) {
		err = !is_dir                        ? -EISDIR
			: g.last.kind == LAST_DOT    ? -EINVAL
			: g.last.kind == LAST_DOTDOT ? -ENOTEMPTY
						     : -EBUSY;
		target_put(&g);
		return err;
	}
	dir = g.dir.dentry->inode;
	rwlock_write_lock(&dir->lock);
	err = target_lookup(&g, &d);
	if (!err && !d->inode)
		err = -ENOENT;
	if (!err && !is_dir && g.last.trailing_slash)
		err = S_IS(d->inode->mode, S_IFDIR) ? -EISDIR : -ENOTDIR;
	if (!err && mount_is_readonly(g.dir.mnt))
		err = -EROFS;
	if (!err)
		err = may_delete(dir, d, is_dir);
	if (!err)
		err = remove_locked(dir, d, is_dir);
	if (!err && !is_dir)
		notify_inode(d->inode, IN_ATTRIB);
	rwlock_write_unlock(&dir->lock);
	obj_put(&d);
	if (!err) /* after the inode's own end, if this was its last name */
		notify_name(dir, target_name(&g), IN_DELETE | (is_dir ? IN_ISDIR : 0));
	target_put(&g);
	return err;
}

s64 sys_unlinkat(struct thread *t, s32 dirfd, struct uaddr path, u32 flags)
{
	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	return remove_name(t, dirfd, path, flags & AT_REMOVEDIR);
}

/* ---- rename ---- */

#define RENAME_NOREPLACE 1u
#define RENAME_EXCHANGE  2u
#define RENAME_WHITEOUT  4u

/* Both directories, ancestors first, so that two renames never wait for each other. */
static void lock_dirs(struct dentry *a, struct dentry *b)
{
	if (a == b) {
		rwlock_write_lock(&a->inode->lock);
		return;
	}
	mutex_lock(&a->sb->rename_lock);
	if (dentry_is_ancestor(b, a)) {
		rwlock_write_lock(&b->inode->lock);
		rwlock_write_lock(&a->inode->lock);
	} else {
		rwlock_write_lock(&a->inode->lock);
		rwlock_write_lock(&b->inode->lock);
	}
}

static void unlock_dirs(struct dentry *a, struct dentry *b)
{
	rwlock_write_unlock(&a->inode->lock);
	if (a == b)
		return;
	rwlock_write_unlock(&b->inode->lock);
	mutex_unlock(&a->sb->rename_lock);
}

/*
 * Locks what a rename moves and what has the new name (each may be NULL: it is not locked);
 * the locks of both parents are held.
 *
 * Within one directory rename_lock is not held, and at most one directory is locked here: the one
 * that is replaced. So whoever waits for a directory without rename_lock holds nothing but its
 * parent, and each of them waits for a directory deeper in the tree than what it holds. With
 * rename_lock, of which there is one holder, both may be directories: neither is above the other,
 * and no chain of waiters below one of them leads to the other. Files are locked after directories,
 * of two files that with the lower number first.
 */
static void lock_children(struct inode *a, struct inode *b)
{
	bool b_first = a && b &&
		(S_IS(a->mode, S_IFDIR) ? S_IS(b->mode, S_IFDIR) && b->ino < a->ino
					: S_IS(b->mode, S_IFDIR) || b->ino < a->ino);

	if (b_first)
		rwlock_write_lock(&b->lock);
	if (a)
		rwlock_write_lock(&a->lock);
	if (b && !b_first)
		rwlock_write_lock(&b->lock);
}

static void unlock_children(struct inode *a, struct inode *b)
{
	if (a)
		rwlock_write_unlock(&a->lock);
	if (b)
		rwlock_write_unlock(&b->lock);
}

/* A directory that gets another parent changes: its "..". */
static s64 may_change_parent(struct dentry *d)
{
	struct inode *ino = d->inode;

	return ino && S_IS(ino->mode, S_IFDIR) ? inode_permission(ino, MAY_WRITE) : 0;
}

static s64 rename_check(struct target *from, struct target *to, struct dentry *old,
	struct dentry *new, u32 flags)
{
	bool is_dir;
	s64 err;

	if (!old->inode)
		return -ENOENT;
	if ((flags & RENAME_NOREPLACE) && new->inode)
		return -EEXIST;
	if ((flags & RENAME_EXCHANGE) && !new->inode)
		return -ENOENT;
	is_dir = S_IS(old->inode->mode, S_IFDIR);
	if (!is_dir &&
		(from->last.trailing_slash ||
			(!(flags & RENAME_EXCHANGE) && to->last.trailing_slash)))
		return -ENOTDIR;
	/*
	 * Within one directory neither can be above the other, and rename_lock, without which
	 * nobody may walk up, is not held.
	 */
	if (from->dir.dentry != to->dir.dentry) {
		if (is_dir && dentry_is_ancestor(old, to->dir.dentry))
			return -EINVAL;
		if (new->inode && S_IS(new->inode->mode, S_IFDIR) &&
			dentry_is_ancestor(new, from->dir.dentry))
			return flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	}
	err = may_delete(from->dir.dentry->inode, old, is_dir);
	if (err)
		return err;
	if (!new->inode)
		err = may_create(to->dir.dentry->inode, to->dir.mnt);
	else if (flags & RENAME_EXCHANGE)
		err = may_delete(to->dir.dentry->inode, new, S_IS(new->inode->mode, S_IFDIR));
	else
		err = may_delete(to->dir.dentry->inode, new, is_dir);
	if (!err && from->dir.dentry != to->dir.dentry) {
		err = may_change_parent(old);
		if (!err && (flags & RENAME_EXCHANGE))
			err = may_change_parent(new);
	}
	return err;
}

/*
 * What was checked is done; see remove_locked for why the children are locked. A directory that
 * keeps its parent is not: nothing of it changes, and a mount that is put on it at the same time
 * may as well come before or after.
 */
static s64 rename_locked(struct inode *from_dir, struct dentry *old, struct inode *to_dir,
	struct dentry *new, u32 flags)
{
	bool stays = from_dir == to_dir;
	struct inode *moved = old->inode, *over = new->inode;
	s64 err;

	if (!from_dir->ops->rename)
		return -EPERM;
	if (stays && S_IS(moved->mode, S_IFDIR))
		moved = NULL;
	if (stays && over && S_IS(over->mode, S_IFDIR) && (flags & RENAME_EXCHANGE))
		over = NULL;
	lock_children(moved, over);
	if (atomic_load(&old->nr_mounts) || atomic_load(&new->nr_mounts))
		err = -EBUSY;
	else
		err = from_dir->ops->rename(from_dir, old, to_dir, new, flags);
	unlock_children(moved, over);
	return err;
}

/* @over: what had the new name before. */
static void notify_rename(struct target *from, struct target *to, struct inode *moved,
	struct inode *over, bool exchange)
{
	struct inode *a = from->dir.dentry->inode;
	struct inode *b = to->dir.dentry->inode;

	notify_move_event(a, target_name(from), b, target_name(to), S_IS(moved->mode, S_IFDIR));
	if (over && !exchange)
		notify_inode(over, IN_ATTRIB);
	notify_inode(moved, IN_MOVE_SELF);
	if (exchange) {
		notify_move_event(b, target_name(to), a, target_name(from),
			S_IS(over->mode, S_IFDIR));
		notify_inode(over, IN_MOVE_SELF);
	}
}

static s64 rename_targets(struct target *from, struct target *to, u32 flags)
{
	struct dentry *a = from->dir.dentry;
	struct dentry *b = to->dir.dentry;
	struct dentry *old = NULL;
	struct dentry *new = NULL;
	struct inode *over = NULL;
	s64 err;

	if (from->dir.mnt != to->dir.mnt)
		return -EXDEV;
	if (from->last.kind != LAST_NAME || to->last.kind != LAST_NAME)
		return flags & RENAME_NOREPLACE && to->last.kind != LAST_NAME ? -EEXIST : -EBUSY;
	if (mount_is_readonly(from->dir.mnt))
		return -EROFS;
	lock_dirs(a, b);
	err = target_lookup(from, &old);
	if (!err)
		err = target_lookup(to, &new);
	if (!err)
		err = rename_check(from, to, old, new, flags);
	/* Two names of one file: nothing to do. */
	if (!err && old->inode != new->inode) {
		over = new->inode;
		err = rename_locked(a->inode, old, b->inode, new, flags);
		if (!err && notify_wanted())
			notify_rename(from, to, old->inode, over, flags & RENAME_EXCHANGE);
	}
	unlock_dirs(a, b);
	obj_put(&old);
	obj_put(&new);
	return err;
}

s64 sys_renameat2(struct thread *t, s32 olddirfd, struct uaddr oldpath, s32 newdirfd,
	struct uaddr newpath, u32 flags)
{
	struct target from, to;
	s64 err;

	if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)) ||
		((flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)) && (flags & RENAME_EXCHANGE)))
		return -EINVAL;
	if (flags & RENAME_WHITEOUT)
		return -EINVAL;
	err = target_get(t, olddirfd, oldpath, &from);
	if (err)
		return err;
	err = target_get(t, newdirfd, newpath, &to);
	if (!err) {
		err = rename_targets(&from, &to, flags);
		target_put(&to);
	}
	target_put(&from);
	return err;
}

/* ---- reading links and directories ---- */

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
		/* "" stands for a link only. */
		n = !user_get(&first, path) && !first ? -ENOENT : -EINVAL;
	else
		n = ino->ops->readlink(ino, buf_span(b));
	if (n > 0) {
		n = min(n, (s64)size);
		if (copy_out(buf, cspan_first(buf_cspan(b), (size_t)n)))
			n = -EFAULT;
	}
	buf_put(&b);
	path_put(&p);
	return n;
}

struct dirent_head {
	u64 ino;
	s64 off;
	u16 reclen;
	u8 type;
	u8 name[5]; /* the start of it: the rest of these words */
};
#define DIRENT_NAME offsetof(struct dirent_head, name)
/* getdents: the type is the last byte of the record. */
#define LEGACY_NAME offsetof(struct dirent_head, type)
#define DIRENT_MAX  (DIRENT_NAME + NAME_LEN + 9)

bool dir_emit(struct dir_emit *e, struct cspan name, u64 ino, u32 type, u64 next_pos)
{
	size_t at = e->legacy ? LEGACY_NAME : DIRENT_NAME;
	/* legacy: the type's byte is not in front of the name, but behind it. */
	size_t len = round_up(DIRENT_NAME + cspan_len(name) + 1, 8ul);
	struct dirent_head h = {
		.ino = ino, .off = (s64)next_pos, .reclen = (u16)len, .type = (u8)type
	};
	u64 zero = 0;
	u8 kind = (u8)type, nul = 0;

	if (e->error || len > e->left) {
		if (!e->error && !e->done)
			e->error = -EINVAL;
		return false;
	}
	/* Zeroes behind the name, then what comes before. */
	struct span raw = span_first(buf_span(e->entry), len);
	(void)!span_write(raw, len - sizeof(zero), &zero);
	(void)!span_write(raw, 0, &h);
	if (e->legacy)
		(void)!span_write(raw, len - 1, &kind);
	(void)span_copy(span_from(raw, at), name);
	(void)!span_write(raw, at + cspan_len(name), &nul);
	if (copy_out(uaddr_add(e->buf, e->done), span_const(raw))) {
		e->error = -EFAULT;
		return false;
	}
	e->done += len;
	e->left -= len;
	return true;
}

bool dir_emit_dots(struct file *f, struct dir_emit *e)
{
	struct dentry *parent;
	u64 ino;

	if (f->pos == 0) {
		if (!dir_emit(e, STR("."), f->inode->ino, DT_DIR, 1))
			return false;
		f->pos = 1;
	}
	if (f->pos == 1) {
		parent = dentry_parent(f->path.dentry);
		ino = parent->inode->ino;
		obj_put(&parent);
		if (!dir_emit(e, STR(".."), ino, DT_DIR, 2))
			return false;
		f->pos = 2;
	}
	return true;
}

/*
 * The first child at or behind the position. The one that was emitted last is a short cut, if it is
 * still what it was: a cookie is never given out twice.
 */
static struct dentry *first_child_from(struct file *f)
{
	struct dentry *dir = f->path.dentry;
	struct dentry *d = f->last_entry;

	if (d && d->parent == dir && (d->flags & D_PINNED) && d->cookie + 2 == f->pos)
		return d->child_link.next;
	for (d = list_first(&dir->children); d && d->cookie + 1 < f->pos; d = d->child_link.next)
		;
	return d;
}

int pinned_readdir(struct file *f, struct dir_emit *e)
{
	struct dentry *d;

	if (!dir_emit_dots(f, e))
		return 0;
	/*
	 * Positions are cookies + 2, ascending along the list. The directory's lock keeps list and
	 * names as they are.
	 */
	for (d = first_child_from(f); d; d = d->child_link.next) {
		struct inode *ino = d->inode;
		if (ino &&
			!dir_emit(e, dentry_name_span(d), ino->ino, (ino->mode & S_IFMT) >> 12,
				d->cookie + 2))
			break;
		f->pos = d->cookie + 2;
		f->last_entry = d;
	}
	return 0;
}

static s64 read_dir(struct thread *t, s32 fd, struct uaddr buf, u32 count, bool legacy)
{
	struct file *f = file_get(t, fd);
	struct dir_emit e = { .buf = buf, .left = count, .legacy = legacy };
	s64 err;

	if (!f)
		return -EBADF;
	err = f->ops->readdir ? 0 : -ENOTDIR;
	if (!err) {
		e.entry = buf_alloc_dirty(DIRENT_MAX);
		err = e.entry ? 0 : -ENOMEM;
	}
	if (err) {
		obj_put(&f);
		return err;
	}
	mutex_lock(&f->pos_lock);
	rwlock_read_lock(&f->inode->lock);
	if (f->inode->flags & S_DEAD)
		err = -ENOENT;
	else
		err = f->ops->readdir(f, &e);
	rwlock_read_unlock(&f->inode->lock);
	mutex_unlock(&f->pos_lock);
	if (!err && e.done)
		inode_touch(f->inode, ATTR_ATIME);
	if (!err)
		notify_file(f, IN_ACCESS);
	buf_put(&e.entry);
	obj_put(&f);
	if (e.done)
		return (s64)e.done;
	return err ? err : e.error;
}

s64 sys_getdents64(struct thread *t, s32 fd, struct uaddr buf, u32 count)
{
	return read_dir(t, fd, buf, count, false);
}

s64 sys_getdents(struct thread *t, s32 fd, struct uaddr buf, u32 count)
{
	return read_dir(t, fd, buf, count, true);
}

/* ---- the working directory and root ---- */

s64 sys_getcwd(struct thread *t, struct uaddr buf, u64 size)
{
	struct buf *b = buf_alloc_dirty(PATH_LEN);
	struct path cwd;
	ssize_t at;
	s64 ret;

	if (!b)
		return -ENOMEM;
	spin_lock(&t->fs->lock);
	cwd = t->fs->cwd;
	path_get(&cwd);
	spin_unlock(&t->fs->lock);
	span_set_byte(buf_span(b), PATH_LEN - 1, 0);
	at = path_is_unlinked(&cwd) ? -ENOENT
				    : path_name_cwd(t, &cwd, span_first(buf_span(b), PATH_LEN - 1));
	if (at < 0) {
		ret = at;
	} else {
		struct cspan text = cspan_from(buf_cspan(b), (size_t)at);
		if (cspan_len(text) > size)
			ret = -ERANGE;
		else
			ret = copy_out(buf, text) ? -EFAULT : (s64)cspan_len(text);
	}
	path_put(&cwd);
	buf_put(&b);
	return ret;
}

/* Makes *p (consumed) the working directory, or the root. */
static s64 change_dir(struct thread *t, struct path *p, bool root)
{
	struct path old;
	s64 err = 0;

	if (!S_IS(p->dentry->inode->mode, S_IFDIR))
		err = -ENOTDIR;
	if (!err)
		err = inode_permission(p->dentry->inode, MAY_EXEC);
	if (!err && root && !cred_capable(t->cred, CAP_SYS_CHROOT))
		err = -EPERM;
	if (err) {
		path_put(p);
		return err;
	}
	spin_lock(&t->fs->lock);
	if (root) {
		old = t->fs->root;
		t->fs->root = *p;
	} else {
		old = t->fs->cwd;
		t->fs->cwd = *p;
	}
	spin_unlock(&t->fs->lock);
	path_put(&old);
	return 0;
}

s64 sys_chdir(struct thread *t, struct uaddr path)
{
	struct path p;
	s64 err = path_lookup_user(t, AT_FDCWD, path, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);

	return err ? err : change_dir(t, &p, false);
}

s64 sys_fchdir(struct thread *t, s32 fd)
{
	struct file *f = file_get_path(t, fd);
	struct path p;

	if (!f)
		return -EBADF;
	p = f->path;
	path_get(&p);
	obj_put(&f);
	return change_dir(t, &p, false);
}

s64 sys_chroot(struct thread *t, struct uaddr path)
{
	struct path p;
	s64 err = path_lookup_user(t, AT_FDCWD, path, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);

	return err ? err : change_dir(t, &p, true);
}

s64 sys_umask(struct thread *t, u32 mask)
{
	u32 old = t->fs->umask;

	t->fs->umask = mask & 0777;
	return old;
}
