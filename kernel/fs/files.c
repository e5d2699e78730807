// SPDX-License-Identifier: MPL-2.0
/*
 * Descriptor tables and fs contexts (kernel/files.h), and the calls on descriptors: close, dup,
 * fcntl's part of it.
 *
 * A table is up to 64 chunks of 64 descriptors. Look-up is lock-free: the slot is read, the file
 * pinned, the slot read again. files.lock guards changes.
 */
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/list.h>
#include <kernel/mount.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>

#include "fs.h"

#define NR_CHUNKS 64

struct fd_chunk {
	struct obj obj;
	u64 used; /* reserved or open */
	u64 cloexec;
	struct file *file[FILES_CHUNK]; /* references */
};
static void fd_chunk_release(struct fd_chunk *c)
{
	(void)c;
}
OBJ_TYPE(fd_chunk, fd_chunk_release);

struct files {
	struct obj obj;
	struct spinlock lock;
	u32 users;      /* threads; the last one out closes all. lock */
	u32 first_free; /* nothing is free below */
	u32 nr_chunks;  /* the highest there is, plus one; grows only */
	struct fd_chunk *chunk[NR_CHUNKS];
};
static void files_release(struct files *f)
{
	u32 i;

	for (i = 0; i < f->nr_chunks; i++)
		obj_put(array_at(f->chunk, i));
}
OBJ_TYPE(files, files_release);

static void fs_context_release(struct fs_context *fs)
{
	path_put(&fs->root);
	path_put(&fs->cwd);
	path_put(&fs->was);
}
OBJ_TYPE(fs_context, fs_context_release);

struct fs_context *fs_context_copy(struct fs_context *from)
{
	struct fs_context *fs = obj_new(fs_context);

	if (!fs)
		return NULL;
	spin_lock(&from->lock);
	fs->root = from->root;
	fs->cwd = from->cwd;
	path_get(&fs->root);
	path_get(&fs->cwd);
	fs->umask = from->umask;
	fs->users = 1;
	spin_unlock(&from->lock);
	return fs;
}

struct fs_context *fs_context_share(struct fs_context *fs)
{
	bool ok;

	spin_lock(&fs->lock);
	ok = !fs->nr_execs;
	fs->users += ok;
	spin_unlock(&fs->lock);
	return ok ? obj_get(fs) : NULL;
}

/*
 * The variable may be a thread's, which fs_context_begin_exec counts: it goes in the same moment as
 * the count.
 */
void fs_context_put(struct fs_context **fsp)
{
	struct fs_context *fs = *fsp;

	if (!fs)
		return;
	spin_lock(&fs->lock);
	store_once(*fsp, NULL);
	fs->users--;
	spin_unlock(&fs->lock);
	obj_put(&fs);
}

bool fs_context_begin_exec(struct fs_context *fs, struct thread *t)
{
	struct thread *s;
	u32 ours = 0;
	bool alone;

	spin_lock(&proc_lock);
	spin_lock(&fs->lock);
	list_for_each(s, &t->process->threads, group_link)
		ours += load_once(s->fs) == fs;
	alone = fs->users <= ours;
	fs->nr_execs += alone;
	spin_unlock(&fs->lock);
	spin_unlock(&proc_lock);
	return alone;
}

void fs_context_end_exec(struct fs_context *fs)
{
	spin_lock(&fs->lock);
	fs->nr_execs--;
	spin_unlock(&fs->lock);
}

struct fs_context *fs_context_new_root(void)
{
	struct fs_context *fs = obj_new(fs_context);

	if (!fs)
		return NULL;
	fs->root.mnt = obj_get(root_mount());
	fs->root.dentry = obj_get(fs->root.mnt->root);
	path_follow_mounts(&fs->root);
	fs->cwd = fs->root;
	path_get(&fs->cwd);
	fs->umask = 022;
	fs->users = 1;
	return fs;
}

/* ---- tables ---- */

struct files *files_new(void)
{
	struct files *f = obj_new(files);

	if (!f)
		return NULL;
	f->users = 1;
	f->nr_chunks = 1;
	f->chunk[0] = obj_new(fd_chunk);
	if (!f->chunk[0])
		obj_put(&f);
	return f;
}

struct files *files_pin(struct thread *t)
{
	struct files *f;

	while ((f = load_once(t->files)) != NULL) {
		if (obj_tryget(f)) {
			if (load_once(t->files) == f)
				return f;
			obj_put(&f);
		}
	}
	return NULL;
}

void files_unpin(struct files **fp)
{
	obj_put(fp);
}

static struct fs_context *fs_context_pin(struct thread *t)
{
	struct fs_context *fs;

	while ((fs = load_once(t->fs)) != NULL) {
		if (obj_tryget(fs)) {
			if (load_once(t->fs) == fs)
				return fs;
			obj_put(&fs);
		}
	}
	return NULL;
}

static bool get_place(struct thread *t, bool root, struct path *out)
{
	struct fs_context *fs = fs_context_pin(t);

	if (!fs)
		return false;
	spin_lock(&fs->lock);
	*out = root ? fs->root : fs->cwd;
	path_get(out);
	spin_unlock(&fs->lock);
	obj_put(&fs);
	return true;
}

u32 thread_umask(struct thread *t)
{
	struct fs_context *fs = fs_context_pin(t);
	u32 mask = fs ? fs->umask : 0;

	obj_put(&fs);
	return mask;
}

bool thread_get_root(struct thread *t, struct path *out)
{
	return get_place(t, true, out);
}

bool thread_get_cwd(struct thread *t, struct path *out)
{
	return get_place(t, false, out);
}

struct obj *files_owner(struct files *fs)
{
	return &fs->obj;
}

struct files *files_get(struct files *f)
{
	spin_lock(&f->lock);
	f->users++;
	spin_unlock(&f->lock);
	return obj_get(f);
}

bool files_is_shared(const struct files *f)
{
	return load_once(f->users) > 1;
}

/* Lock held, or nobody else has it yet. */
static void add_chunk(struct files *fs, u32 i, struct fd_chunk *c)
{
	store_release(*array_at(fs->chunk, i), c);
	if (i >= fs->nr_chunks)
		store_release(fs->nr_chunks, i + 1);
}

struct files *files_copy(struct files *from, s32 *err)
{
	struct files *f = files_new();
	u32 i, k, n = load_acquire(from->nr_chunks);

	*err = -ENOMEM;
	if (!f)
		return NULL;
	for (i = 1; i < n; i++) {
		if (from->chunk[i]) {
			struct fd_chunk *c = obj_new(fd_chunk);
			if (!c) {
				obj_put(&f);
				return NULL;
			}
			add_chunk(f, i, c);
		}
	}
	spin_lock(&from->lock);
	for (i = 0; i < n; i++) {
		struct fd_chunk *a = from->chunk[i];
		struct fd_chunk *b = f->chunk[i];
		u64 used;
		if (!a || !b)
			continue;
		for (used = a->used; used; used &= used - 1) {
			k = bit_lowest(used);
			if (!a->file[k])
				continue;
			b->file[k] = obj_get(a->file[k]);
			b->used |= bit(k);
		}
		b->cloexec = a->cloexec & b->used;
	}
	spin_unlock(&from->lock);
	*err = 0;
	return f;
}

/* The last reference of a descriptor goes: flush, then the file. */
static s32 close_file(struct files *fs, struct file *f)
{
	s32 err = f->ops->flush ? f->ops->flush(f) : 0;
	void (*closed)(void) = f->ops->closed;

	locks_file_closed(f, &fs->obj);
	obj_put(&f);
	if (closed)
		closed();
	return err;
}

static void close_all(struct files *fs)
{
	u32 i;

	for (i = 0; i < fs->nr_chunks; i++) {
		struct fd_chunk *c = fs->chunk[i];
		while (c && c->used) {
			u32 k = bit_lowest(c->used);
			struct file *f = c->file[k];
			c->file[k] = NULL;
			c->used &= ~bit(k);
			if (f)
				(void)close_file(fs, f);
		}
	}
}

void files_put(struct files **fp)
{
	struct files *f = *fp;
	bool last;

	*fp = NULL;
	if (!f)
		return;
	spin_lock(&f->lock);
	last = --f->users == 0;
	spin_unlock(&f->lock);
	if (last)
		close_all(f);
	obj_put(&f);
}

void files_close_on_exec(struct files *fs)
{
	u32 i;

	for (i = 0; i < fs->nr_chunks; i++) {
		struct fd_chunk *c = fs->chunk[i];
		while (c && (c->used & c->cloexec)) {
			u32 k = bit_lowest(c->used & c->cloexec);
			struct file *f;
			spin_lock(&fs->lock);
			f = c->file[k];
			c->file[k] = NULL;
			c->used &= ~bit(k);
			c->cloexec &= ~bit(k);
			fs->first_free = min(fs->first_free, i * FILES_CHUNK + k);
			spin_unlock(&fs->lock);
			if (f)
				(void)close_file(fs, f);
		}
	}
}

/* ---- look-up ---- */

static struct fd_chunk *chunk_of(struct files *fs, s32 fd)
{
	u32 i = (u32)fd / FILES_CHUNK;

	return i < NR_CHUNKS ? load_acquire(*array_at(fs->chunk, i)) : NULL;
}

struct file *file_get_path(struct thread *t, s32 fd)
{
	struct fd_chunk *c = fd >= 0 ? chunk_of(t->files, fd) : NULL;
	u32 k = (u32)fd % FILES_CHUNK;
	struct file *f;

	if (!c)
		return NULL;
	for (;;) {
		f = load_acquire(*array_at(c->file, k));
		if (!f)
			return NULL;
		if (likely(obj_tryget(f))) {
			if (likely(load_acquire(*array_at(c->file, k)) == f))
				return f;
			obj_put(&f);
		}
	}
}

struct file *file_get(struct thread *t, s32 fd)
{
	struct file *f = file_get_path(t, fd);

	if (f && unlikely(f->mode & FMODE_PATH))
		obj_put(&f);
	return f;
}

static noinline struct fd_ref counted_ref(struct thread *t, s32 fd)
{
	struct file *f = file_get_path(t, fd);

	return (struct fd_ref){ f, f };
}

static always_inline struct fd_ref ref_of(struct thread *t, s32 fd)
{
	struct files *fs = t->files;
	struct fd_chunk *c;

	if (unlikely(load_once(fs->users) != 1))
		return counted_ref(t, fd);
	/* Nobody else writes to the table. */
	c = likely((u32)fd < NR_CHUNKS * FILES_CHUNK) ? fs->chunk[(u32)fd / FILES_CHUNK] : NULL;
	return (struct fd_ref){ likely(c) ? c->file[(u32)fd % FILES_CHUNK] : NULL, NULL };
}

struct fd_ref fd_get_path(struct thread *t, s32 fd)
{
	return ref_of(t, fd);
}

static noinline struct fd_ref no_path(struct fd_ref r)
{
	fd_put(r);
	return (struct fd_ref){ NULL, NULL };
}

struct fd_ref fd_get(struct thread *t, s32 fd)
{
	struct fd_ref r = ref_of(t, fd);

	return likely(r.file) && unlikely(r.file->mode & FMODE_PATH) ? no_path(r) : r;
}

s32 files_next(struct files *fs, s32 from, struct file **out, bool *cloexec)
{
	s32 fd;

	for (fd = max(from, 0); fd < NR_CHUNKS * FILES_CHUNK; fd++) {
		struct fd_chunk *c = chunk_of(fs, fd);
		struct file *f;
		if (!c) {
			fd |= FILES_CHUNK - 1;
			continue;
		}
		f = load_acquire(*array_at(c->file, (u32)fd % FILES_CHUNK));
		if (f && obj_tryget(f)) {
			*out = f;
			*cloexec = c->cloexec >> ((u32)fd % FILES_CHUNK) & 1;
			return fd;
		}
	}
	return -1;
}

u32 files_limit(const struct files *fs)
{
	return load_once(fs->nr_chunks) * FILES_CHUNK;
}

/* ---- allocation ---- */

/*
 * The lowest free number >= from in the chunks that exist; ~0: the next chunk is needed (its index
 * in *need). Lock held.
 */
static u32 find_free(struct files *fs, u32 from, u32 limit, u32 *need)
{
	u32 i;

	for (i = from / FILES_CHUNK; i < NR_CHUNKS; i++) {
		struct fd_chunk *c = fs->chunk[i];
		u64 free;
		if (!c) {
			*need = i;
			return ~0u;
		}
		free = ~c->used;
		if (i == from / FILES_CHUNK)
			free &= ~0ul << (from % FILES_CHUNK);
		if (free)
			return i * FILES_CHUNK + bit_lowest(free);
	}
	*need = NR_CHUNKS;
	(void)limit;
	return ~0u;
}

s32 fd_reserve(struct thread *t, s32 from, bool cloexec)
{
	struct files *fs = t->files;
	u64 limit = min(rlimit_get(t, RLIMIT_NOFILE), (u64)NR_CHUNKS * FILES_CHUNK);
	struct fd_chunk *spare = NULL;
	u32 fd, need = 0;

	for (;;) {
		spin_lock(&fs->lock);
		fd = find_free(fs, max((u32)from, fs->first_free), (u32)limit, &need);
		if (fd != ~0u)
			break;
		if (need < NR_CHUNKS && spare && !fs->chunk[need]) {
			add_chunk(fs, need, spare);
			spare = NULL;
			spin_unlock(&fs->lock);
			continue;
		}
		spin_unlock(&fs->lock);
		if (need >= NR_CHUNKS || (u64)need * FILES_CHUNK >= limit) {
			obj_put(&spare);
			return -EMFILE;
		}
		if (!spare)
			spare = obj_new(fd_chunk);
		if (!spare)
			return -ENOMEM;
	}
	if (fd >= limit) {
		spin_unlock(&fs->lock);
		obj_put(&spare);
		return -EMFILE;
	}
	struct fd_chunk *c = fs->chunk[fd / FILES_CHUNK];
	c->used |= bit(fd % FILES_CHUNK);
	if (cloexec)
		c->cloexec |= bit(fd % FILES_CHUNK);
	else
		c->cloexec &= ~bit(fd % FILES_CHUNK);
	if ((u32)from <= fs->first_free)
		fs->first_free = fd + 1;
	spin_unlock(&fs->lock);
	obj_put(&spare);
	return (s32)fd;
}

void fd_publish(struct thread *t, s32 fd, struct file *f)
{
	struct fd_chunk *c = chunk_of(t->files, fd);

	if (c)
		store_release(*array_at(c->file, (u32)fd % FILES_CHUNK), obj_get(f));
}

void fd_unreserve(struct thread *t, s32 fd)
{
	struct files *fs = t->files;
	struct fd_chunk *c = chunk_of(fs, fd);

	spin_lock(&fs->lock);
	if (c)
		c->used &= ~bit((u32)fd % FILES_CHUNK);
	fs->first_free = min(fs->first_free, (u32)fd);
	spin_unlock(&fs->lock);
}

s32 fd_install(struct thread *t, struct file *f, s32 from, bool cloexec)
{
	s32 fd = fd_reserve(t, from, cloexec);

	if (fd >= 0)
		fd_publish(t, fd, f);
	return fd;
}

/* Takes the file out of its slot; the reference goes to the caller. */
static struct file *take_out(struct files *fs, s32 fd)
{
	struct fd_chunk *c = fd >= 0 ? chunk_of(fs, fd) : NULL;
	u32 k = (u32)fd % FILES_CHUNK;
	struct file *f = NULL;

	if (!c)
		return NULL;
	spin_lock(&fs->lock);
	f = c->file[k];
	if (f) {
		store_release(*array_at(c->file, k), NULL);
		c->used &= ~bit(k);
		c->cloexec &= ~bit(k);
		fs->first_free = min(fs->first_free, (u32)fd);
	}
	spin_unlock(&fs->lock);
	return f;
}

bool fd_is(struct thread *t, s32 fd, const struct file *f)
{
	struct fd_chunk *c = fd >= 0 ? chunk_of(t->files, fd) : NULL;
	bool is;

	spin_lock(&t->files->lock);
	is = c && c->file[(u32)fd % FILES_CHUNK] == f;
	spin_unlock(&t->files->lock);
	return is;
}

s32 fd_close(struct thread *t, s32 fd)
{
	struct file *f = take_out(t->files, fd);

	return f ? close_file(t->files, f) : -EBADF;
}

s64 sys_close(struct thread *t, s32 fd)
{
	return fd_close(t, fd);
}

#define CLOSE_RANGE_UNSHARE 2u
#define CLOSE_RANGE_CLOEXEC 4u

s64 sys_close_range(struct thread *t, u32 first, u32 last, u32 flags)
{
	struct files *own;
	u32 fd, end = min(last, (u32)NR_CHUNKS * FILES_CHUNK - 1);
	s32 err = 0;

	if (first > last || (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)))
		return -EINVAL;
	if ((flags & CLOSE_RANGE_UNSHARE) && files_is_shared(t->files)) {
		own = files_copy(t->files, &err);
		if (!own)
			return err;
		files_put(&t->files);
		t->files = own;
	}
	for (fd = first; fd <= end; fd++) {
		struct fd_chunk *c = chunk_of(t->files, (s32)fd);
		if (!c) {
			fd |= FILES_CHUNK - 1;
			continue;
		}
		if (!(flags & CLOSE_RANGE_CLOEXEC)) {
			(void)fd_close(t, (s32)fd);
			continue;
		}
		spin_lock(&t->files->lock);
		c->cloexec |= c->used & bit(fd % FILES_CHUNK);
		spin_unlock(&t->files->lock);
	}
	return 0;
}

/* ---- dup ---- */

s64 sys_dup(struct thread *t, s32 fd)
{
	struct fd_ref r = fd_get_path(t, fd);
	s32 ret;

	if (!r.file)
		return -EBADF;
	ret = fd_install(t, r.file, 0, false);
	fd_put(r);
	return ret;
}

s64 sys_dup3(struct thread *t, s32 fd, s32 to, u32 flags)
{
	struct files *fs = t->files;
	struct file *f, *old;
	struct fd_chunk *c, *spare = NULL;
	u32 k = (u32)to % FILES_CHUNK;

	if ((flags & ~O_CLOEXEC) || fd == to)
		return -EINVAL;
	if (to < 0 || (u64)to >= min(rlimit_get(t, RLIMIT_NOFILE), (u64)NR_CHUNKS * FILES_CHUNK))
		return -EBADF;
	f = file_get_path(t, fd);
	if (!f)
		return -EBADF;
	if (!chunk_of(fs, to))
		spare = obj_new(fd_chunk);
	spin_lock(&fs->lock);
	c = fs->chunk[(u32)to / FILES_CHUNK];
	if (!c && spare) {
		c = spare;
		spare = NULL;
		add_chunk(fs, (u32)to / FILES_CHUNK, c);
	}
	if (!c || ((c->used & bit(k)) && !c->file[k])) {
		/* Out of memory, or another thread is just opening that number. */
		bool busy = c != NULL;
		spin_unlock(&fs->lock);
		obj_put(&spare);
		obj_put(&f);
		return busy ? -EBUSY : -ENOMEM;
	}
	old = c->file[k];
	c->used |= bit(k);
	if (flags & O_CLOEXEC)
		c->cloexec |= bit(k);
	else
		c->cloexec &= ~bit(k);
	store_release(*array_at(c->file, k), f); /* the reference goes to the table */
	spin_unlock(&fs->lock);
	obj_put(&spare);
	if (old)
		(void)close_file(fs, old);
	return to;
}

/* FD_CLOEXEC of a descriptor: read (set < 0) or set. */
s64 fd_cloexec(struct thread *t, s32 fd, s32 set)
{
	struct fd_chunk *c = fd >= 0 ? chunk_of(t->files, fd) : NULL;
	u64 b = bit((u32)fd % FILES_CHUNK);
	s64 ret;

	if (!c)
		return -EBADF;
	spin_lock(&t->files->lock);
	if (!c->file[(u32)fd % FILES_CHUNK])
		ret = -EBADF;
	else if (set < 0)
		ret = (c->cloexec & b) != 0;
	else {
		c->cloexec = set ? c->cloexec | b : c->cloexec & ~b;
		ret = 0;
	}
	spin_unlock(&t->files->lock);
	return ret;
}
