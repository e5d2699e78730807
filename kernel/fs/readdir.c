// SPDX-License-Identifier: MPL-2.0
/*
 * Reading directories: getdents(2), and the directories whose names are pinned dentries (tmpfs,
 * devpts).
 *
 * A position must stay valid while other tasks make and remove names. So the position of a pinned
 * name is its cookie plus 2, and a directory never uses a cookie twice. New names get higher
 * cookies and come at the end of the list; a removed name leaves a gap. A reader that continues at
 * a position therefore sees each name that exists throughout exactly once.
 */
#include <kernel/dentry.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/list.h>
#include <kernel/notify.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>

#include "fs.h"

struct dirent_head {
	u64 ino;
	s64 off;
	u16 reclen;
	u8 type;
	u8 name[5]; /* the first bytes of the name: the rest of this word */
};
#define DIRENT_NAME offsetof(struct dirent_head, name)
/* getdents: the name begins where getdents64 has the type, which is the last byte of the record. */
#define LEGACY_NAME offsetof(struct dirent_head, type)
#define DIRENT_MAX  (DIRENT_NAME + NAME_LEN + 9)

/*
 * The record is assembled in a buffer of the kernel and copied at once. If it does not fit, readdir
 * stops and the entry comes with the next call; if it is the first one, the buffer is too small for
 * any: -EINVAL.
 */
bool dir_emit(struct dir_emit *e, struct cspan name, u64 ino, u32 type, u64 next_pos)
{
	size_t at = e->legacy ? LEGACY_NAME : DIRENT_NAME;
	/* The length is the same for both: the type's byte is before the name or at the end. */
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
	/*
	 * The last word is zeroed first, and has the zero behind the name; but a legacy name may end in
	 * the word before. Then the header and the name are written.
	 */
	struct span raw = span_first(buf_span(e->entry), len);
	(void)!span_write(raw, len - sizeof(zero), &zero);
	(void)!span_write(raw, 0, &h);
	if (e->legacy) {
		(void)!span_write(raw, at + cspan_len(name), &nul);
		(void)!span_write(raw, len - 1, &kind);
	}
	(void)span_copy(span_from(raw, at), name);
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
 * The first child at or after the position. last_entry, the child emitted last, is a shortcut. It
 * has no reference, so it is used only if it still is a child of this directory with the expected
 * cookie; dentries are type-stable, and a cookie is never used twice.
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

/*
 * f->pos advances with each entry that has been copied, so an entry that did not fit is not lost.
 */
int pinned_readdir(struct file *f, struct dir_emit *e)
{
	struct dentry *d;

	if (!dir_emit_dots(f, e))
		return 0;
	/*
	 * Positions are cookies + 2, ascending along the list. The directory's lock, which read_dir
	 * holds, keeps the list and the names.
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

/*
 * pos_lock guards the position, inode.lock the contents. User memory is written under inode.lock
 * for reading.
 */
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
	if (!err) {
		file_accessed(f);
		notify_file(f, IN_ACCESS);
	}
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
