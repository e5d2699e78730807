// SPDX-License-Identifier: MPL-2.0
/*
 * From positions to names: the path of a dentry; and the positions of a thread, its working
 * directory and root: getcwd, chdir, fchdir, chroot, umask. See their man pages.
 *
 * A path is built backwards, from the dentry up to the thread's root, into the end of a buffer. The
 * walk up holds references and no locks. If a directory moves meanwhile, the walk starts again.
 * Renames within one directory are not looked at: of several of them, on different levels of a
 * path, some may show and others not.
 */
#include <kernel/cred.h>
#include <kernel/dentry.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>

#include "fs.h"

/* ---- back to text ---- */

/* Writes "/name" in front of out[*pos]. */
static int prepend(struct span out, size_t *pos, struct dentry *d)
{
	u8 name[NAME_LEN];
	size_t n = dentry_name(d, span_of(name));

	if (*pos < n + 1)
		return -ENAMETOOLONG;
	*pos -= n;
	span_copy(span_from(out, *pos), cspan_first(cspan_of(name), n));
	span_set_byte(out, --*pos, '/');
	return 0;
}

/* An empty path is that of a root. */
static ssize_t finish_path(struct span out, size_t pos, int err)
{
	if (!err && pos == span_len(out)) {
		if (!pos)
			err = -ENAMETOOLONG;
		else
			span_set_byte(out, --pos, '/');
	}
	return err ? err : (ssize_t)pos;
}

/* The path inside the file system, up to the root of its tree, whatever is mounted where. */
static ssize_t dentry_path_once(struct dentry *top, struct span out)
{
	struct dentry *d = obj_get(top), *up;
	size_t pos = span_len(out);
	int err = 0;

	while (!err && !(d->flags & D_ROOT)) {
		err = prepend(out, &pos, d);
		up = dentry_parent(d);
		obj_put(&d);
		d = up;
	}
	obj_put(&d);
	return finish_path(out, pos, err);
}

/*
 * A path is made again if a directory was moved, or anything mounted, while it was made: its names
 * would be those of different moments. A user who moves directories all the time does not hold it
 * up for ever.
 */
#define PATH_TRIES 64u

ssize_t dentry_path(struct dentry *d, struct span out)
{
	u32 tries = 0;
	ssize_t at;
	u64 tree;

	do {
		tree = tree_state();
		at = dentry_path_once(d, out);
		task_cond_resched();
	} while (tree_has_changed(tree) && ++tries < PATH_TRIES);
	return at;
}

/*
 * Writes the path of @p to the end of @out. *@unreachable: the walk up did not meet the thread's
 * root.
 */
static ssize_t name_once(struct thread *t, const struct path *p, struct span out, bool *unreachable)
{
	struct path at = *p;
	struct path root;
	struct dentry *up;
	size_t pos = span_len(out);
	int err = 0;

	path_get(&at);
	spin_lock(&t->fs->lock);
	root = t->fs->root;
	path_get(&root);
	spin_unlock(&t->fs->lock);
	while (!err && !(at.dentry == root.dentry && at.mnt == root.mnt)) {
		if (at.dentry == at.mnt->root) {
			if (!mount_up(&at)) {
				/*
				 * not below the root: the path starts at the top of the mount tree
				 */
				*unreachable = true;
				break;
			}
			continue;
		}
		if (at.dentry->flags & D_ROOT) {
			/* it was moved out of the mounted part of the file system */
			*unreachable = true;
			break;
		}
		err = prepend(out, &pos, at.dentry);
		up = dentry_parent(at.dentry);
		obj_put(&at.dentry);
		at.dentry = up;
	}
	path_put(&root);
	path_put(&at);
	return finish_path(out, pos, err);
}

/* See dentry_path. */
static ssize_t name_of(struct thread *t, const struct path *p, struct span out, bool *unreachable)
{
	u32 tries = 0;
	ssize_t at;
	u64 tree;

	do {
		tree = tree_state();
		*unreachable = false;
		at = name_once(t, p, out, unreachable);
		task_cond_resched();
	} while (tree_has_changed(tree) && ++tries < PATH_TRIES);
	return at;
}

/* A path outside the root is given as far as it is known. */
ssize_t path_name(struct thread *t, const struct path *p, struct span out)
{
	bool unreachable = false;

	return name_of(t, p, out, &unreachable);
}

/* As path_name, with the prefix "(unreachable)" when @p is not below the root: getcwd(2). */
static ssize_t path_name_cwd(struct thread *t, const struct path *p, struct span out)
{
	static const char mark[13] = "(unreachable)";
	bool unreachable = false;
	ssize_t at = name_of(t, p, out, &unreachable);

	if (at < 0 || !unreachable)
		return at;
	if ((size_t)at < sizeof(mark))
		return -ENAMETOOLONG;
	span_copy(span_from(out, (size_t)at - sizeof(mark)), cspan_of(mark));
	return at - (ssize_t)sizeof(mark);
}

/* ---- the working directory and root ---- */

/*
 * A removed working directory gives -ENOENT; one outside the root gets the prefix "(unreachable)".
 * The size counts the NUL. The path is built in a buffer of the kernel, since its length is known
 * only at the end.
 */
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

/*
 * Makes *@p (consumed) the working directory, or with @root the root. The old position is dropped
 * without the lock: its release may be long.
 */
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

/* Also an O_PATH descriptor is allowed. */
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

/* CAP_SYS_CHROOT is checked last, after the path, as on Linux. */
s64 sys_chroot(struct thread *t, struct uaddr path)
{
	struct path p;
	s64 err = path_lookup_user(t, AT_FDCWD, path, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);

	return err ? err : change_dir(t, &p, true);
}

/* Threads that share the context may set it at the same time; each call stores one whole word. */
s64 sys_umask(struct thread *t, u32 mask)
{
	u32 old = t->fs->umask;

	t->fs->umask = mask & 0777;
	return old;
}
