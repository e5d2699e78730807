// SPDX-License-Identifier: MPL-2.0
/*
 * Descriptor tables (kernel/files.h), and the system calls on descriptors: close, dup, and fcntl's
 * part of it.
 *
 * A table is a tree of chunks of 64 descriptors. The table itself points to the first 64 chunks;
 * further chunks are reached through two more levels, which most programs never need. Nodes are
 * added under files.lock and stay until the table is freed, so the way to a slot needs no lock.
 *
 * How a look-up works. It reads the slot, pins the file with obj_tryget, and reads the slot again.
 * If the slot has changed, the file may have been closed, or its memory used for another file; the
 * look-up drops it and starts over. Files are type-stable, so the access to a freed file is
 * harmless.
 *
 * How an open works. fd_reserve takes a number under files.lock: `used` is set, and the slot stays
 * NULL, so other threads see the number as not open. fd_publish then stores the file. If the open
 * fails in between, fd_unreserve clears `used`.
 *
 * files.lock guards all changes: used, cloexec, and the slots except for fd_publish.
 */
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/knobs.h>
#include <kernel/list.h>
#include <kernel/mount.h>
#include <kernel/notify.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>

#include "fdtable.h"
#include "fs.h"

/* The first chunk comes with the table; most programs never need another one. */
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

/* The table of another thread: read the pointer, pin the object, read the pointer again. */
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

struct obj *files_owner(struct files *fs)
{
	return &fs->obj;
}

/* `users` is changed under the lock; files_put compares it with 0 in the same way. */
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

/*
 * Copies the open descriptors of one chunk; reserved ones are not copied. The lock of the source is
 * held.
 */
static void chunk_copy(struct fd_chunk *to, const struct fd_chunk *from)
{
	u64 used;

	for (used = from->used; used; used &= used - 1) {
		u32 k = bit_lowest(used);
		if (!from->file[k])
			continue;
		to->file[k] = obj_get(from->file[k]);
		to->used |= bit(k);
	}
	to->cloexec = from->cloexec & to->used;
}

/*
 * First the chunks are allocated, without the lock; then the descriptors are copied under the lock,
 * at one moment. A chunk that is added to the source meanwhile is not copied: its descriptors were
 * opened during the copy.
 */
struct files *files_copy(struct files *from, int *err)
{
	struct files *f = files_new();
	struct fd_nodes nodes = { 0 };
	u32 i, n = load_acquire(from->nr_chunks);
	bool ok = f;

	*err = -ENOMEM;
	for (i = 1; ok && fd_chunk_next(from, &i, n); i++) {
		ok = fd_nodes_make(f, i, &nodes);
		if (ok)
			fd_chunk_add(f, i, &nodes);
		task_cond_resched();
	}
	fd_nodes_put(&nodes);
	if (!ok) {
		obj_put(&f);
		return NULL;
	}
	spin_lock(&from->lock);
	for (i = 0; fd_chunk_next(f, &i, n); i++)
		chunk_copy(fd_chunk_at(f, i), fd_chunk_at(from, i));
	spin_unlock(&from->lock);
	*err = 0;
	return f;
}

/*
 * A descriptor has been closed: calls flush, drops its record locks, and then its reference.
 * Returns the result of flush. The operation `closed` is read before the put, which may free the
 * file, and called after it, when the file's release has run if this was the last reference.
 */
static int close_file(struct files *fs, struct file *f)
{
	int err = f->ops->flush ? f->ops->flush(f) : 0;
	void (*closed)(void) = f->ops->closed;

	if (file_has_locks(f))
		locks_file_closed(f, &fs->obj);
	if (notify_wanted() && f->inode)
		dnotify_remove(f, &fs->obj);
	obj_put(&f);
	if (closed)
		closed();
	return err;
}

/* The last user is gone, so the table needs no lock. */
static void close_all(struct files *fs)
{
	struct fd_chunk *c;
	u32 i;

	for (i = 0; (c = fd_chunk_next(fs, &i, fs->nr_chunks)) != NULL; i++) {
		while (c->used) {
			u32 k = bit_lowest(c->used);
			struct file *f = c->file[k];
			c->file[k] = NULL;
			c->used &= ~bit(k);
			if (f)
				(void)close_file(fs, f);
		}
	}
}

/*
 * Other tasks may still have references (files_pin); they see empty slots. The chunks are freed
 * with the last reference.
 */
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

/*
 * The file is closed without the lock, since a flush or a release may sleep. Nobody adds
 * descriptors with the flag meanwhile: exec has made the table the caller's own, and the other
 * threads are gone.
 */
void files_close_on_exec(struct files *fs)
{
	struct fd_chunk *c;
	u32 i;

	for (i = 0; (c = fd_chunk_next(fs, &i, fs->nr_chunks)) != NULL; i++) {
		while (c->used & c->cloexec) {
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
	return fd_chunk_at(fs, (u32)fd / FILES_CHUNK);
}

/* See "How a look-up works" above. The acquire loads pair with the release store of fd_publish. */
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

/*
 * Without files that were opened with O_PATH: only the few calls that take those use file_get_path.
 */
struct file *file_get(struct thread *t, s32 fd)
{
	struct file *f = file_get_path(t, fd);

	if (f && unlikely(f->mode & FMODE_PATH))
		obj_put(&f);
	return f;
}

/* Another thread may close the descriptor during the call, which must not end the file. */
struct fd_ref fd_ref_counted(struct thread *t, s32 fd)
{
	struct file *f = file_get_path(t, fd);

	return (struct fd_ref){ f, f };
}

struct fd_ref fd_get_path(struct thread *t, s32 fd)
{
	return fd_ref_of(t, fd);
}

static noinline struct fd_ref no_path(struct fd_ref r)
{
	fd_put(r);
	return (struct fd_ref){ NULL, NULL };
}

struct fd_ref fd_get(struct thread *t, s32 fd)
{
	struct fd_ref r = fd_ref_of(t, fd);

	return likely(r.file) && unlikely(r.file->mode & FMODE_PATH) ? no_path(r) : r;
}

/*
 * Reads without the lock, for /proc: descriptors that are opened or closed during the walk are seen
 * or not. The number and the flag are of one moment only if nobody changes them meanwhile.
 */
s32 files_next(struct files *fs, s32 from, struct file **out, bool *cloexec)
{
	u32 first = (u32)max(from, 0), i = first / FILES_CHUNK, k;
	struct fd_chunk *c;

	for (; (c = fd_chunk_next(fs, &i, load_acquire(fs->nr_chunks))) != NULL; i++) {
		for (k = i == first / FILES_CHUNK ? first % FILES_CHUNK : 0; k < FILES_CHUNK; k++) {
			struct file *f = load_acquire(*array_at(c->file, k));
			if (!f || !obj_tryget(f))
				continue;
			/*
			 * A file that was closed since may be another one now: as in file_get_path.
			 */
			if (load_acquire(*array_at(c->file, k)) == f) {
				*out = f;
				*cloexec = c->cloexec >> k & 1;
				return (s32)(i * FILES_CHUNK + k);
			}
			obj_put(&f);
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
 * The lowest free number >= @from in existing chunks. ~0: a new chunk is needed, with index *@need.
 * Lock held. The search for the lowest number is short, because it starts at files.first_free,
 * below which none is free, and looks at 64 numbers at a time.
 */
static u32 find_free(struct files *fs, u32 from, u32 *need)
{
	u32 i;

	for (i = from / FILES_CHUNK; i < NR_CHUNKS; i++) {
		struct fd_chunk *c = fd_chunk_at(fs, i);
		u64 free;
		if (!c)
			break;
		free = ~c->used;
		if (i == from / FILES_CHUNK)
			free &= ~0ul << (from % FILES_CHUNK);
		if (free)
			return i * FILES_CHUNK + bit_lowest(free);
	}
	*need = i;
	return ~0u;
}

/*
 * Looks for a free number under the lock. If a chunk is missing, drops the lock, allocates the
 * chunk, adds it, and looks again, since other threads may have taken numbers meanwhile.
 */
s32 fd_reserve(struct thread *t, s32 from, bool cloexec)
{
	struct files *fs = t->files;
	u64 limit = min(rlimit_get(t, RLIMIT_NOFILE), knob_get(KNOB_NR_OPEN));
	struct fd_nodes nodes = { 0 };
	struct fd_chunk *c;
	u32 fd, need = 0;
	int err = 0;

	spin_lock(&fs->lock);
	while ((fd = find_free(fs, max((u32)from, fs->first_free), &need)) == ~0u) {
		spin_unlock(&fs->lock);
		if ((u64)need * FILES_CHUNK >= limit)
			err = -EMFILE;
		else if (!fd_nodes_make(fs, need, &nodes))
			err = -ENOMEM;
		if (err)
			goto out;
		spin_lock(&fs->lock);
		fd_chunk_add(fs, need, &nodes);
	}
	if (fd >= limit) {
		spin_unlock(&fs->lock);
		err = -EMFILE;
		goto out;
	}
	c = fd_chunk_at(fs, fd / FILES_CHUNK);
	c->used |= bit(fd % FILES_CHUNK);
	if (cloexec)
		c->cloexec |= bit(fd % FILES_CHUNK);
	else
		c->cloexec &= ~bit(fd % FILES_CHUNK);
	/* The search began at first_free, so all numbers below fd are used. */
	if ((u32)from <= fs->first_free)
		fs->first_free = fd + 1;
	spin_unlock(&fs->lock);
out:
	fd_nodes_put(&nodes);
	return err ? err : (s32)fd;
}

/*
 * The number was reserved by the caller, so no other thread changes this slot; the release store
 * publishes the complete file. Look-ups find it from here on. A thread that calls close with a
 * number that is only reserved gets -EBADF, as on Linux.
 */
void fd_publish(struct thread *t, s32 fd, struct file *f)
{
	struct fd_chunk *c = chunk_of(t->files, fd);

	if (c)
		store_release(*array_at(c->file, (u32)fd % FILES_CHUNK), obj_get(f));
}

/* Only the caller knows the number, so nobody can have put a file there. */
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

/* Empties a slot and frees the number; the caller gets the reference. */
static struct file *files_take_out(struct files *fs, s32 fd)
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

/* For a caller that has looked the file up before and must know that no close came in between. */
bool fd_is(struct thread *t, s32 fd, const struct file *f)
{
	struct fd_chunk *c = fd >= 0 ? chunk_of(t->files, fd) : NULL;
	bool is;

	spin_lock(&t->files->lock);
	is = c && c->file[(u32)fd % FILES_CHUNK] == f;
	spin_unlock(&t->files->lock);
	return is;
}

/*
 * Returns 0, -EBADF, or the error of the flush operation. Of two threads that close the same
 * descriptor, files_take_out gives the file to one only.
 */
static int fd_close(struct thread *t, s32 fd)
{
	struct file *f = files_take_out(t->files, fd);

	return f ? close_file(t->files, f) : -EBADF;
}

s64 sys_close(struct thread *t, s32 fd)
{
	return fd_close(t, fd);
}

#define CLOSE_RANGE_UNSHARE 2u
#define CLOSE_RANGE_CLOEXEC 4u

/*
 * With CLOSE_RANGE_UNSHARE a shared table is copied first. The loop skips missing chunks, so its
 * time depends on the chunks that exist, not on the range.
 */
s64 sys_close_range(struct thread *t, u32 first, u32 last, u32 flags)
{
	struct files *own;
	struct fd_chunk *c;
	u32 i, fd, end = min(last, FILES_MAX - 1);
	int err = 0;

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
		i = fd / FILES_CHUNK;
		c = fd_chunk_next(t->files, &i, NR_CHUNKS);
		fd = max(fd, i * FILES_CHUNK);
		if (!c || fd > end || (fd % FILES_CHUNK == 0 && loop_should_end()))
			break;
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

/* Also of an O_PATH file. The new descriptor never has the flag of close-on-exec. */
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

/*
 * Closing the old file and publishing the new one is one step for other threads: the slot changes
 * from one to the other under the lock. The old file is closed after that, without the lock.
 * -EBUSY, as on Linux: another thread has reserved the number and not published its file yet.
 */
s32 fd_replace(struct thread *t, struct file *f, s32 to, bool cloexec)
{
	struct files *fs = t->files;
	struct file *old;
	struct fd_nodes nodes = { 0 };
	struct fd_chunk *c;
	u32 k = (u32)to % FILES_CHUNK;

	if (to < 0 || (u64)to >= min(rlimit_get(t, RLIMIT_NOFILE), knob_get(KNOB_NR_OPEN)))
		return -EBADF;
	if (!chunk_of(fs, to) && !fd_nodes_make(fs, (u32)to / FILES_CHUNK, &nodes)) {
		fd_nodes_put(&nodes);
		return -ENOMEM;
	}
	spin_lock(&fs->lock);
	fd_chunk_add(fs, (u32)to / FILES_CHUNK, &nodes);
	c = chunk_of(fs, to);
	if ((c->used & bit(k)) && !c->file[k]) { /* another thread is opening that number now */
		spin_unlock(&fs->lock);
		fd_nodes_put(&nodes);
		return -EBUSY;
	}
	old = c->file[k];
	c->used |= bit(k);
	if (cloexec)
		c->cloexec |= bit(k);
	else
		c->cloexec &= ~bit(k);
	store_release(*array_at(c->file, k), obj_get(f));
	spin_unlock(&fs->lock);
	fd_nodes_put(&nodes);
	if (old)
		(void)close_file(fs, old);
	return to;
}

/* Unlike for dup2, two equal numbers are an error. */
s64 sys_dup3(struct thread *t, s32 fd, s32 to, u32 flags)
{
	struct file *f;
	s64 ret;

	if ((flags & ~O_CLOEXEC) || fd == to)
		return -EINVAL;
	f = file_get_path(t, fd);
	ret = f ? fd_replace(t, f, to, flags & O_CLOEXEC) : -EBADF;
	obj_put(&f);
	return ret;
}

/* See kernel/files.h. */
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
