// SPDX-License-Identifier: MPL-2.0
/*
 * Path walk: from names to dentries, through links, "." and "..", and mounts. See
 * path_resolution(7).
 *
 * How it works. A walk stands on a position, a mount and a dentry, with references on both and
 * without any lock. For each component it checks that the position is a directory that the thread
 * may search, looks the name up in the dentry cache, and moves to the dentry found, or to the root
 * of the mount on it. Only if the cache does not have the name, the walk takes the directory's lock
 * and calls the file system. A name that another task renames or unlinks meanwhile is found or not,
 * as if the walk had come earlier or later.
 *
 * Links do not recurse. The text of a link is pushed on a stack of texts, and the walk continues in
 * it. At the end of a text the walk returns to the text below. At most MAX_LINKS links are followed
 * in one walk, wherever they stand; that bounds the stack, too.
 *
 * ".." follows dentry.parent, which a rename may change meanwhile. Two guards keep the walk inside
 * its limits:
 * - In a mount of a part of a file system (a bind mount) the new position must lie below the
 *   mount's root, which is checked under rename_lock. A directory that was moved out of the mounted
 *   part has no "..": -ENOENT.
 * - A confined walk of openat2 (RESOLVE_BENEATH, RESOLVE_IN_ROOT) does not step up if any directory
 *   was moved, or anything mounted or unmounted, since it began: -EAGAIN. So each step up reverses
 *   a step down. At the end check_confined checks once more that the result is below the start.
 */
#include <kernel/dentry.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>

#include "fs.h"

/*
 * The texts of the links that the walk is in, the innermost last. Each entry also has the place in
 * the text around it where the walk continues afterwards.
 */
struct walk_texts {
	struct obj obj;
	u32 depth;
	struct {
		struct buf *text; /* reference */
		u32 len;
		u32 back_at;      /* in the text around it */
		bool back_is_dir; /* the link must lead to a directory */
	} v[MAX_LINKS];
};
static void walk_texts_release(struct walk_texts *x)
{
	u32 i;

	for (i = 0; i < x->depth; i++)
		buf_put(&x->v[i].text);
}
OBJ_TYPE(walk_texts, walk_texts_release);

/*
 * Looks up a name that is not in the cache: calls the file system under the directory's lock, and
 * hashes the result. A negative dentry is returned but not hashed. The lock makes sure that one
 * name gets one dentry: of two tasks that miss it in the cache, the second finds the first one's.
 */
static noinline int lookup_new(struct dentry *dir, struct cspan name, u32 hash, bool locked,
	struct dentry **out)
{
	struct inode *ino = dir->inode;
	struct dentry *d = dentry_new(dir, name);
	int err = 0;

	if (!d)
		return -ENOMEM;
	if (ino->ops->lookup) {
		if (!locked)
			rwlock_write_lock(&ino->lock);
		*out = dcache_find(dir, name, hash); /* another task may have added it meanwhile */
		if (*out) {
			obj_put(&d);
		} else {
			err = ino->ops->lookup(ino, d);
			if (!err && d->inode)
				dcache_insert(d);
		}
		if (!locked)
			rwlock_write_unlock(&ino->lock);
		if (err)
			obj_put(&d);
		if (!d)
			return err;
	}
	*out = d;
	return 0;
}

/*
 * Looks up a name in the cache first. A file system whose entries can disappear by themselves
 * (procfs) checks each hit; a stale dentry is dropped and the name looked up anew.
 */
static int lookup_hashed(struct dentry *dir, struct cspan name, u32 hash, bool locked,
	struct dentry **out)
{
	struct dentry *d = dcache_find(dir, name, hash);

	if (d && unlikely(dir->inode->ops->revalidate) && !dir->inode->ops->revalidate(d)) {
		dentry_drop(d);
		obj_put(&d);
	}
	if (unlikely(!d))
		return lookup_new(dir, name, hash, locked, out);
	*out = d;
	return 0;
}

int dir_lookup(struct dentry *dir, struct cspan name, bool locked, struct dentry **out)
{
	return lookup_hashed(dir, name, name_hash(name), locked, out);
}

/* ---- steps ---- */

/* Moves the walk; consumes the references and drops those on the old position. */
static void walk_move_to(struct walk *w, struct mount *mnt, struct dentry *d)
{
	struct path old = w->at;

	w->at.mnt = mnt;
	w->at.dentry = d;
	path_put(&old);
}

/*
 * Mounts may be stacked: the walk ends on the topmost. A mount that has gone since the number was
 * read is not met.
 */
void path_follow_mounts(struct path *p)
{
	while (atomic_load(&p->dentry->nr_mounts)) {
		struct mount *m = mount_on(p->mnt, p->dentry);
		struct path old = *p;
		if (!m)
			return;
		p->mnt = m;
		p->dentry = obj_get(m->root);
		path_put(&old);
	}
}

/* Whether openat2 confines the walk to the tree below its start. */
static bool is_confined(const struct walk *w)
{
	return w->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT);
}

/*
 * "..": stays at the root of the walk; crosses from the root of a mount to its mount point,
 * repeatedly if mounts are stacked; then moves to the parent. If something is mounted on the
 * parent, moves to the root of that.
 */
static int step_up(struct walk *w)
{
	struct dentry *parent;
	struct mount *mnt;

	for (;;) {
		if (w->at.dentry == w->root.dentry && w->at.mnt == w->root.mnt)
			return w->flags & LOOKUP_BENEATH ? -EXDEV : 0;
		if (w->at.dentry != w->at.mnt->root)
			break;
		if (w->flags & LOOKUP_NO_XDEV)
			return -EXDEV;
		if (!mount_up(&w->at))
			return 0;
	}
	parent = dentry_parent(w->at.dentry);
	if (unlikely(!(w->at.mnt->root->flags & D_ROOT)) &&
		!dentry_is_below(parent, w->at.mnt->root)) {
		obj_put(&parent);
		return -ENOENT;
	}
	walk_move_to(w, obj_get(w->at.mnt), parent);
	mnt = w->at.mnt;
	path_follow_mounts(&w->at);
	if ((w->flags & LOOKUP_NO_XDEV) && w->at.mnt != mnt)
		return -EXDEV;
	return is_confined(w) && tree_has_changed(w->tree) ? -EAGAIN : 0;
}

/*
 * At the end of a confined walk: whether its position is below its start. Climbs to the start's
 * mount, then compares under rename_lock.
 */
int walk_check_confined(const struct walk *w)
{
	struct path up = w->at;
	bool inside;

	if (likely(!is_confined(w)))
		return 0;
	path_get(&up);
	while (up.mnt != w->root.mnt && mount_up(&up))
		;
	inside = up.mnt == w->root.mnt && dentry_is_below(up.dentry, w->root.dentry);
	path_put(&up);
	return inside ? 0 : -EXDEV;
}

/*
 * Follows a link that names an object (/proc/self/fd/N): moves to the object. A confined walk may
 * not do that, because the object may be anywhere.
 */
static int jump(struct walk *w, struct inode *ino)
{
	struct mount *mnt = NULL;
	struct dentry *d = NULL;
	int err;

	if (w->flags & LOOKUP_NO_MAGIC)
		return -ELOOP;
	err = ino->ops->follow(ino, &mnt, &d);
	if (err)
		return err;
	if (is_confined(w) || ((w->flags & LOOKUP_NO_XDEV) && mnt != w->at.mnt)) {
		obj_put(&d);
		obj_put(&mnt);
		return -EXDEV;
	}
	walk_move_to(w, mnt, d);
	return 0;
}

/*
 * Links are counted here for the whole walk, also those that open(O_CREAT) follows itself. An empty
 * text is -ENOENT, as for an empty path name.
 */
int walk_link(struct walk *w, struct dentry *link, struct buf **text, size_t *len)
{
	struct inode *ino = link->inode;
	ssize_t n;

	*text = NULL;
	if ((w->flags & LOOKUP_NO_SYMLINKS) || ++w->links > MAX_LINKS)
		return -ELOOP;
	if (ino->ops->follow)
		return jump(w, ino);
	*text = buf_alloc_dirty(PATH_LEN);
	if (!*text)
		return -ENOMEM;
	path_accessed(&(struct path){ w->at.mnt, link });
	n = ino->ops->readlink(ino, buf_span(*text));
	if (n <= 0) {
		buf_put(text);
		return n ? (int)n : -ENOENT;
	}
	*len = (size_t)n;
	return 0;
}

/* Continues the walk in @text (consumed); afterwards at @back_at in the text around it. */
static int push_text(struct walk *w, struct buf *text, size_t len, size_t back_at, bool back_is_dir)
{
	struct walk_texts *x = w->texts;

	if (!x)
		x = w->texts = obj_new(walk_texts);
	if (!x || x->depth == MAX_LINKS) {
		buf_put(&text);
		return x ? -ELOOP : -ENOMEM;
	}
	array_at(x->v, x->depth)->text = text;
	array_at(x->v, x->depth)->len = (u32)len;
	array_at(x->v, x->depth)->back_at = (u32)back_at;
	array_at(x->v, x->depth)->back_is_dir = back_is_dir;
	x->depth++;
	return 0;
}

/* Moves to the root of the topmost mount on @d; consumes the caller's reference on @d. */
static noinline int step_on_mount(struct walk *w, struct dentry *d)
{
	struct path next = { obj_get(w->at.mnt), d };

	path_follow_mounts(&next);
	if ((w->flags & LOOKUP_NO_XDEV) && next.mnt != w->at.mnt) {
		path_put(&next);
		return -EXDEV;
	}
	walk_move_to(w, next.mnt, next.dentry);
	return 0;
}

/*
 * Moves by one name. @follow_it: if the name is a link, the walk does not move, and *link is the
 * link, a reference.
 */
static int walk_step(struct walk *w, struct cspan name, u32 hash, bool follow_it,
	struct dentry **link)
{
	struct dentry *d, *old;
	int err;

	if (unlikely(cspan_len(name) > NAME_LEN))
		return -ENAMETOOLONG;
	err = lookup_hashed(w->at.dentry, name, hash, false, &d);
	if (unlikely(err))
		return err;
	if (unlikely(!d->inode)) {
		obj_put(&d);
		return -ENOENT;
	}
	if (follow_it && unlikely(S_IS(d->inode->mode, S_IFLNK))) {
		*link = d;
		return 0;
	}
	if (unlikely(atomic_load(&d->nr_mounts)))
		return step_on_mount(w, d);
	old = w->at.dentry;
	w->at.dentry = d;
	obj_put(&old);
	return 0;
}

/* Whether the thread may search the directory at the position: 0, -ENOTDIR, -EACCES. */
int walk_check_dir(struct walk *w)
{
	struct inode *ino = w->at.dentry->inode;

	if (unlikely(!S_IS(ino->mode, S_IFDIR)))
		return -ENOTDIR;
	/* The common case: all users may search, so the credentials need not be read. */
	if (likely((ino->mode & 0111) == 0111 && !ino->ops->permission))
		return 0;
	return inode_permission(ino, MAY_EXEC);
}

/* The length of the first component, and its hash, in one pass over the bytes. */
static size_t component(struct cspan s, u32 *hash)
{
	u32 h = NAME_HASH_START;
	size_t i;
	u8 c;

	for (i = 0; i < cspan_len(s) && (c = span_byte(s, i)) != '/'; i++)
		h = name_hash_step(h, c);
	*hash = name_hash_end(h);
	return i;
}

/* The number of leading slashes. */
static size_t slashes(struct cspan s)
{
	size_t i = 0;

	while (i < cspan_len(s) && span_byte(s, i) == '/')
		i++;
	return i;
}

/* An absolute name: moves to the root of the walk, unless the flags forbid it. */
static int to_root(struct walk *w)
{
	if ((w->flags & LOOKUP_BENEATH) ||
		((w->flags & LOOKUP_NO_XDEV) && w->at.mnt != w->root.mnt))
		return -EXDEV;
	if (w->at.dentry != w->root.dentry || w->at.mnt != w->root.mnt)
		walk_move_to(w, obj_get(w->root.mnt), obj_get(w->root.dentry));
	return 0;
}

static bool at_dir(const struct walk *w)
{
	return S_IS(w->at.dentry->inode->mode, S_IFDIR);
}

/*
 * Follows @link (consumed): moves to its object, or pushes its text. Returns the offset in the
 * innermost text where the walk continues, or an error. @pos: the offset after the link; @is_dir:
 * it must lead to a directory.
 */
static s64 enter_link(struct walk *w, struct dentry *link, size_t pos, bool is_dir, bool is_last)
{
	struct buf *text;
	size_t len, start;
	int err = is_last ? may_follow_link(w->at.dentry->inode, link->inode) : 0;

	if (!err)
		err = w->at.mnt->flags & MS_NOSYMFOLLOW ? -ELOOP : walk_link(w, link, &text, &len);
	obj_put(&link);
	if (err)
		return err;
	if (!text)
		return is_dir && !at_dir(w) ? -ENOTDIR : (s64)pos;
	start = slashes(cspan_first(buf_cspan(text), len));
	err = push_text(w, text, len, pos, is_dir);
	if (!err && start)
		err = to_root(w);
	return err ? err : (s64)start;
}

/*
 * The end of the innermost text: returns to the text around it. Returns the offset after the link
 * there, or an error.
 */
static s64 leave_text(struct walk *w)
{
	struct walk_texts *const x = w->texts;

	x->depth--;
	buf_put(&array_at(x->v, x->depth)->text);
	return array_at(x->v, x->depth)->back_is_dir && !at_dir(w)
		? -ENOTDIR
		: (s64)array_at(x->v, x->depth)->back_at;
}

/* The end of a link's text, or a link to follow: see enter_link. */
static noinline s64 turn(struct walk *w, struct dentry *link, size_t pos, bool is_dir, bool is_last)
{
	return link ? enter_link(w, link, pos, is_dir, is_last) : leave_text(w);
}

/* Whether nothing follows in the texts around the innermost one; @len: the length of the name. */
static bool outer_texts_end(const struct walk *w, size_t len)
{
	const struct walk_texts *const x = w->texts;
	u32 i;

	for (i = 0; x && i < x->depth; i++) {
		if (array_at(x->v, i)->back_at < (i ? array_at(x->v, i - 1)->len : len))
			return false;
	}
	return true;
}

/*
 * Walks the components of @name, and of each link that is to be followed. A component before a
 * slash must be a directory; so must the last one with LOOKUP_DIRECTORY. The outer loop runs once
 * for each text, the inner one once for each component.
 */
int walk_string(struct walk *w, struct cspan name, u32 last_flags)
{
	size_t pos = slashes(name);
	s64 at = pos ? to_root(w) : 0;

	while (at >= 0) {
		const struct walk_texts *const x = w->texts;
		bool inside = x && x->depth;
		struct cspan text = likely(!inside)
			? name
			: cspan_first(buf_cspan(x->v[x->depth - 1].text), x->v[x->depth - 1].len);
		u32 flags = likely(!inside) ? last_flags : LOOKUP_FOLLOW;
		struct dentry *link = NULL;
		bool is_dir = false;

		at = 0;
		while (!at && !link && pos < cspan_len(text)) {
			struct cspan rest = cspan_from(text, pos);
			u32 hash;
			size_t n = component(rest, &hash);
			size_t gap = slashes(cspan_from(rest, n));
			bool last = n + gap == cspan_len(rest);
			struct cspan part = cspan_first(rest, n);

			at = walk_check_dir(w);
			if (at)
				break;
			if (unlikely(name_is_dotdot(part)))
				at = step_up(w);
			else if (likely(!name_is_dot(part)))
				at = walk_step(w, part, hash,
					!last || gap || (flags & LOOKUP_FOLLOW), &link);
			pos += n + gap;
			is_dir = last && (gap || (flags & LOOKUP_DIRECTORY));
			if (is_dir && !at && !link && !at_dir(w))
				at = -ENOTDIR;
		}
		if (likely(at || (!link && !inside)))
			break;
		at = turn(w, link, pos, is_dir,
			link && pos >= cspan_len(text) && !(last_flags & LOOKUP_MORE) &&
				outer_texts_end(w, cspan_len(name)));
		pos = (size_t)at;
	}
	return (int)min(at, 0l);
}

/* ---- starting points ---- */

u32 root_moves;

/*
 * Borrows the root of a context that only the calling thread uses, without references. Only
 * pivot_root can change that root during the walk. `borrowed` makes it keep the old root until
 * return_root. `root_moves` shows whether the two pointers that were read may be of different
 * roots; then the caller takes references instead. These accesses have no fences here: pivot_root
 * makes all CPUs execute them, see pivot.c.
 */
static always_inline bool borrow_root(struct walk *w, struct fs_context *fs)
{
	u32 moves;

	store_once(fs->borrowed, fs->borrowed + 1);
	moves = load_once(root_moves);
	w->root.mnt = load_once(fs->root.mnt);
	w->root.dentry = load_once(fs->root.dentry);
	w->lender = fs;
	return likely(!(moves & 1) && load_once(root_moves) == moves);
}

/* Drops the root that pivot_root kept for a walk of this thread. */
static noinline void drop_old_root(struct fs_context *fs)
{
	struct path was;

	spin_lock(&fs->lock);
	was = fs->was;
	fs->was = (struct path){ 0 };
	spin_unlock(&fs->lock);
	path_put(&was);
}

/*
 * Ends the use of a borrowed root. The store to `borrowed` comes before the load of `was`; pivot.c
 * has the partner.
 */
static always_inline void return_root(struct fs_context *fs)
{
	store_once(fs->borrowed, fs->borrowed - 1);
	if (unlikely(load_once(fs->was.mnt)) && !fs->borrowed)
		drop_old_root(fs);
}

/* Sets the root of the walk to that of the thread: borrowed if possible, else with references. */
static void start_root(struct walk *w, struct thread *t)
{
	struct fs_context *fs = t->fs;

	if (likely(obj_refs(fs) == 1 && t == thread_current())) {
		if (borrow_root(w, fs))
			return;
		w->lender = NULL;
		return_root(fs);
	}
	spin_lock(&fs->lock);
	w->root = fs->root;
	path_get(&w->root);
	spin_unlock(&fs->lock);
	w->held = w->root;
}

/* Releases the root of the walk. */
static always_inline void end_root(struct walk *w)
{
	struct fs_context *const fs = w->lender;

	w->lender = NULL;
	if (likely(fs != NULL))
		return_root(fs);
	else
		path_put(&w->held);
}

/* @any_kind: the name is empty and the file itself is meant, which need not be a directory. */
static int start_at_fd(struct walk *w, struct thread *t, s32 dirfd, bool any_kind)
{
	struct fd_ref r = fd_get_path(t, dirfd);

	if (!r.file)
		return -EBADF;
	w->at = r.file->path;
	path_get(&w->at);
	fd_put(r);
	if (any_kind || S_IS(w->at.dentry->inode->mode, S_IFDIR))
		return 0;
	path_put(&w->at);
	return -ENOTDIR;
}

/*
 * Sets the root and the starting position. @t NULL: a walk of the kernel, from the root of the
 * mount tree with all permissions. An absolute name begins at the root of the thread, but a
 * confined walk always at its directory. The working directory may be changed by another thread of
 * the same context, so it is copied under the lock.
 */
static int walk_start(struct walk *w, struct thread *t, s32 dirfd, struct cspan name, u32 flags)
{
	int err = 0;

	*w = (struct walk){ .flags = flags };
	if (!t || flags & LOOKUP_SYSTEM_ROOT) {
		w->root.mnt = obj_get(root_mount());
		w->root.dentry = obj_get(w->root.mnt->root);
		path_follow_mounts(&w->root);
		w->held = w->root;
		w->at = w->root;
		path_get(&w->at);
		return 0;
	}
	start_root(w, t);
	if (cspan_len(name) && span_byte(name, 0) == '/' &&
		!(flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT))) {
		w->at = w->root;
		path_get(&w->at);
	} else if (dirfd == AT_FDCWD) {
		spin_lock(&t->fs->lock);
		w->at = t->fs->cwd;
		path_get(&w->at);
		spin_unlock(&t->fs->lock);
	} else {
		err = start_at_fd(w, t, dirfd, (flags & LOOKUP_EMPTY) && !cspan_len(name));
	}
	if (err)
		end_root(w);
	return err;
}

int walk_begin(struct walk *w, struct thread *t, s32 dirfd, struct cspan name, u32 flags)
{
	int err = walk_start(w, t, dirfd, name, flags);

	/* A confined walk of openat2: its start is its root. */
	if (!err && is_confined(w)) {
		w->tree = tree_state();
		end_root(w);
		w->root = w->at;
		path_get(&w->root);
		w->held = w->root;
	}
	return err;
}

void walk_end(struct walk *w)
{
	obj_put(&w->texts);
	end_root(w);
	path_put(&w->at);
}

/* A whole walk. The result keeps the references of the walk's position; all others are dropped. */
int path_lookup(struct thread *t, s32 dirfd, struct cspan name, u32 flags, struct path *out)
{
	struct walk w;
	int err;

	if (!cspan_len(name) && !(flags & LOOKUP_EMPTY))
		return -ENOENT;
	err = walk_begin(&w, t, dirfd, name, flags);
	if (err)
		return err;
	err = walk_string(&w, name, flags);
	if (!err && !cspan_len(name) && (flags & LOOKUP_DIRECTORY) && !at_dir(&w))
		err = -ENOTDIR;
	if (!err && unlikely(is_confined(&w)))
		err = walk_check_confined(&w);
	if (err) {
		walk_end(&w);
		return err;
	}
	*out = w.at;
	if (unlikely(w.texts))
		obj_put(&w.texts);
	end_root(&w);
	return 0;
}

int path_lookup_kernel(struct cspan name, u32 flags, struct path *out)
{
	return path_lookup(NULL, AT_FDCWD, name, flags, out);
}

/*
 * The name is copied first: a bad pointer and a name that is too long are found before anything is
 * looked up.
 */
int path_lookup_user(struct thread *t, s32 dirfd, struct uaddr name, u32 flags, struct path *out)
{
	struct buf *b;
	size_t len;
	int err;

	err = path_copy_in(name, &b, &len);
	if (err)
		return err;
	err = path_lookup(t, dirfd, cspan_first(buf_cspan(b), len), flags, out);
	buf_put(&b);
	return err;
}
