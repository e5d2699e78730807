// SPDX-License-Identifier: MPL-2.0
/*
 * splice and tee: bytes into, out of and between pipes. See splice(2), tee(2).
 *
 * How it works. Bytes move as slots: up to BATCH at a time are taken from one side and committed to
 * the other. From the page cache and between pipes, the slots refer to the same pages; no byte is
 * copied. A page of a pipe does not change any more where a slot covers it. A page of the page
 * cache changes as the file does, as on Linux. Writes to other files copy.
 *
 * No two pipes are locked at once, and no pipe is locked while a file is read or written. So the
 * target's room must be secured first:
 *
 * 1. Into a pipe. reserve counts free slots of the target as reserved; writers do not see them as
 *    room. Then the source is read, or slots are taken from the source pipe (take_slots) or shared
 *    with it (tee: share_slots). commit fills the reserved slots and returns the rest of the
 *    reservation. It cannot fail. If the source has nothing, the whole reservation is returned.
 * 2. Out of a pipe into a file. borrow_slots takes slots off the source pipe and keeps their room
 *    reserved. They are written to the file without the lock. splice_give_back drops the written
 *    bytes and puts the rest back at the tail, where they came from. Their room is still reserved,
 *    so they always fit.
 *
 * What others see in the meantime. While slots are borrowed, a reader may find the pipe empty, and
 * a writer may find it full. Both sleep; splice_give_back wakes them. Another reader that comes in
 * between may read later bytes first; POSIX promises nothing to two readers at the same time. The
 * pipe's last reader may close: put-back bytes are then dropped with the pipe.
 *
 * Results. A wait is only for the first bytes. After that the calls return the number of bytes
 * moved, and an error only if there are none.
 */
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/mapping.h>
#include <kernel/mm.h>
#include <kernel/notify.h>
#include <kernel/pagecache.h>
#include <kernel/pipe.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>
#include <uapi/fs.h>

#include "pipe.h"

#define BATCH 16u

/* Slots in flight; the batch owns the page references. */
struct splice_batch {
	struct pipe_slot slot[BATCH];
	u32 nr;
};
static_assert(BATCH * PAGE_SIZE <= BUF_MAX, "a batch fits a buffer");

/* The bytes in all slots of the batch. */
static size_t batch_bytes(const struct splice_batch *b)
{
	size_t n = 0;
	u32 i;

	for (i = 0; i < b->nr; i++)
		n += b->slot[i].len;
	return n;
}

/* Drops all pages of the batch. */
static void batch_free(struct splice_batch *b)
{
	u32 i;

	for (i = 0; i < b->nr; i++) {
		struct pipe_slot *const s = array_at(b->slot, i);
		page_put(&s->page);
	}
	b->nr = 0;
}

/* ---- room ---- */

/*
 * Reserves free slots, at most a batch, and waits for the first one if @wait. Returns their number,
 * 0 if there is none (without @wait), -EPIPE (with SIGPIPE), -EAGAIN, -ERESTARTSYS.
 */
static s64 splice_reserve(struct pipe *p, bool wait, bool nonblock)
{
	s64 n, err;

	for (;;) {
		mutex_lock(&p->lock);
		n = p->nr_readers ? (s64)min(pipe_room(p), BATCH) : -EPIPE;
		if (n > 0)
			store_once(p->reserved, p->reserved + (u32)n);
		mutex_unlock(&p->lock);
		if (n == -EPIPE)
			return pipe_broken();
		if (n || !wait)
			return n;
		err = pipe_wait_writable(p, nonblock);
		if (err)
			return err;
	}
}

/*
 * Fills reserved slots with the batch and returns the rest of the reservation. A writer may be
 * waiting for the returned room.
 */
static void commit(struct pipe *p, struct splice_batch *b, u32 nr_reserved)
{
	bool was_empty;
	u32 i, filled = b->nr;

	mutex_lock(&p->lock);
	was_empty = pipe_empty(p);
	store_once(p->reserved, p->reserved - nr_reserved);
	for (i = 0; i < b->nr; i++)
		pipe_push(p, array_at(b->slot, i));
	b->nr = 0;
	mutex_unlock(&p->lock);
	if (filled)
		pipe_filled(p, was_empty);
	if (filled < nr_reserved)
		pipe_emptied(p, true);
	else
		pipe_wake_next_writer(p);
}

/* ---- from pipe to pipe ---- */

/*
 * Takes up to @len bytes in up to @max slots off the ring. If the last slot is not needed whole,
 * both share its page, which the batch may not extend then. Lock held.
 */
static void take_slots(struct pipe *p, struct splice_batch *b, size_t len, u32 max)
{
	while (len && b->nr < max && !pipe_empty(p)) {
		struct pipe_slot *const s = pipe_slot(p, p->tail);
		struct pipe_slot *const to = array_at(b->slot, b->nr);
		size_t n = min(len, (size_t)s->len);
		*to = *s;
		to->len = (u32)n;
		b->nr++;
		len -= n;
		if (n < s->len) {
			/* The rest stays in the ring, so the page has two users from here on. */
			(void)page_get(s->page);
			to->flags &= ~(u32)SLOT_MERGE;
			s->off += (u32)n;
			s->len -= (u32)n;
			break;
		}
		s->page = NULL;
		pipe_drop_tail(p);
	}
}

/*
 * For tee: copies references to slots, from number *@from on, which is advanced. Slots that have
 * been read in the meantime are skipped. Lock held.
 */
static void share_slots(struct pipe *p, struct splice_batch *b, size_t len, u32 max, u32 *from)
{
	if ((s32)(*from - p->tail) < 0)
		*from = p->tail;
	for (; len && b->nr < max && *from != p->head; (*from)++) {
		struct pipe_slot *const s = pipe_slot(p, *from);
		struct pipe_slot *const to = array_at(b->slot, b->nr);
		size_t n = min(len, (size_t)s->len);
		*to = *s;
		to->page = page_get(s->page);
		to->len = (u32)n;
		to->flags &= ~(u32)SLOT_MERGE;
		b->nr++;
		len -= n;
	}
}

/*
 * Moves one batch. Returns the bytes moved, 0 if there is no room (without @wait) or nothing to
 * take, or an error.
 */
static s64 move_batch(struct pipe *in, struct pipe *out, size_t len, bool wait, bool nonblock,
	bool tee, u32 *from)
{
	struct splice_batch b = { 0 };
	bool was_full;
	s64 room = splice_reserve(out, wait, nonblock), n;

	if (room <= 0)
		return room;
	mutex_lock(&in->lock);
	was_full = !pipe_room(in);
	if (tee)
		share_slots(in, &b, len, (u32)room, from);
	else
		take_slots(in, &b, len, (u32)room);
	mutex_unlock(&in->lock);
	n = (s64)batch_bytes(&b);
	commit(out, &b, (u32)room);
	if (!tee)
		pipe_emptied(in, was_full);
	pipe_wake_next_reader(in);
	return n;
}

/* @tee: the bytes stay in @in as well. */
static s64 pipe_to_pipe(struct pipe *in, struct pipe *out, size_t len, bool nonblock, bool tee)
{
	size_t done = 0;
	u32 from = load_once(in->tail);
	s64 n;

	do {
		if (!done) {
			n = pipe_wait_readable(in, nonblock);
			if (n)
				return n;
			if (pipe_empty(in))
				return 0; /* and there are no writers */
		}
		/* Only the first batch waits for room, and only while nothing has been moved. */
		n = move_batch(in, out, len - done, !done, nonblock, tee, &from);
		if (n > 0)
			done += (size_t)n;
		/* 0 although the pipe was not empty: another reader was faster; wait again. */
	} while (done < len && (n > 0 || (!n && !done)));
	return done ? (s64)done : n;
}

/* ---- from a file to a pipe ---- */

/*
 * Fills the batch with references to pages of the page cache. Returns the bytes, or an error if
 * there are none.
 */
static s64 take_cached(struct file *in, u64 *pos, struct splice_batch *b, size_t len, u32 max)
{
	u64 size = load_once(in->host->size);
	s64 err = 0;

	while (len && b->nr < max && *pos < size) {
		struct pipe_slot *const to = array_at(b->slot, b->nr);
		size_t off = *pos & PAGE_MASK;
		size_t n = min(min(len, PAGE_SIZE - off), size - *pos);
		struct page *pg = NULL;
		err = file_take_page(in, *pos, min(len, size - *pos), &pg);
		if (err)
			break;
		/* Not SLOT_MERGE: the page belongs to the file. */
		*to = (struct pipe_slot){ .page = pg, .off = (u32)off, .len = (u32)n };
		b->nr++;
		*pos += n;
		len -= n;
	}
	if (b->nr)
		file_accessed(in);
	return b->nr ? (s64)batch_bytes(b) : err == -ENXIO ? 0 : err;
}

/*
 * Spreads the first @len bytes of a buffer over the batch's pages, which are all allocated; frees
 * the pages that are not needed.
 */
static void fill_pages(struct splice_batch *b, struct buf *from, size_t len)
{
	size_t at = 0;
	u32 i, used = 0;

	for (i = 0; i < b->nr; i++) {
		struct pipe_slot *const s = array_at(b->slot, i);
		size_t n = min(PAGE_SIZE, len - at);
		if (!n) {
			page_put(&s->page);
			continue;
		}
		page_write(s->page, 0, cspan_sub(buf_cspan(from), at, n));
		s->len = (u32)n;
		at += n;
		used++;
	}
	b->nr = used;
}

/* Fills the batch by one read through the file's own operation. Returns its result. */
static s64 take_read(struct file *in, u64 *pos, struct splice_batch *b, size_t len, u32 max,
	bool nowait)
{
	size_t want = min(len, max * PAGE_SIZE);
	struct buf *buf = buf_alloc_dirty(want);
	struct uio u;
	s64 n = -ENOMEM;

	if (!buf)
		return n;
	while (b->nr * PAGE_SIZE < want) {
		struct pipe_slot *const s = array_at(b->slot, b->nr);
		*s = (struct pipe_slot){ .page = page_alloc_wait(0), .flags = SLOT_MERGE };
		if (!s->page)
			goto out;
		b->nr++;
	}
	u = uio_kernel(buf, 0, want);
	/* SPLICE_F_NONBLOCK also applies to the read, if the file knows it. */
	u.nowait = nowait;
	n = in->ops->read(in, &u, pos);
	fill_pages(b, buf, n > 0 ? (size_t)n : 0);
out:
	if (n <= 0)
		batch_free(b);
	buf_put(&buf);
	return n;
}

/*
 * Files of the page cache are moved batch by batch until the pipe is full; other files only by one
 * read. @in is not locked: two splices of one file at the same time may move the same bytes.
 */
ssize_t splice_to_pipe(struct file *in, u64 *pos, struct file *out, size_t len, bool nonblock)
{
	struct pipe *p = pipe_of(out);
	bool cached = (in->ops->splice & SPLICE_CACHED) && !(in->flags & O_DIRECT);
	size_t done = 0;
	s64 n, room;

	if (!p || !in->ops->read || !(in->ops->splice & SPLICE_READ))
		return -EINVAL;
	do {
		struct splice_batch b = { 0 };
		/* Wait for room only as long as nothing has been moved. */
		room = splice_reserve(p, !done, nonblock);
		if (room <= 0)
			return done ? (ssize_t)done : room;
		if (cached)
			n = take_cached(in, pos, &b, len - done, (u32)room);
		else
			n = take_read(in, pos, &b, len - done, (u32)room, nonblock);
		commit(p, &b, (u32)room);
		if (n > 0)
			done += (size_t)n;
	} while (cached && n > 0 && done < len);
	if (done) {
		notify_file(in, IN_ACCESS);
		notify_file(out, IN_MODIFY);
	}
	return done ? (ssize_t)done : n;
}

/* ---- from a pipe to a file ---- */

/*
 * Takes whole slots off the ring until they have @len bytes, or the ring or the batch ends. Their
 * room stays reserved, so that they can be put back. Lock held.
 */
static void borrow_slots(struct pipe *p, struct splice_batch *b, size_t len)
{
	size_t n = 0;

	while (n < len && b->nr < BATCH && !pipe_empty(p)) {
		struct pipe_slot *const s = pipe_slot(p, p->tail);
		struct pipe_slot *const to = array_at(b->slot, b->nr);
		*to = *s;
		b->nr++;
		n += to->len;
		s->page = NULL;
		store_once(p->reserved, p->reserved + 1);
		pipe_drop_tail(p);
	}
}

/* Drops the first @used bytes of the batch. Returns whether a slot was freed. */
static bool splice_consume(struct splice_batch *b, size_t used)
{
	bool freed = false;
	u32 i;

	for (i = 0; i < b->nr; i++) {
		struct pipe_slot *const s = array_at(b->slot, i);
		u32 n = (u32)min(used, (size_t)s->len);
		used -= n;
		s->off += n;
		s->len -= n;
		if (!s->len) {
			page_put(&s->page);
			freed = true;
		}
	}
	return freed;
}

/*
 * Puts the rest of the batch back at the tail of the ring, in its old order. Returns whether there
 * was any. Lock held.
 */
static bool put_back(struct pipe *p, struct splice_batch *b)
{
	bool any = false;
	u32 i;

	for (i = b->nr; i-- > 0;) {
		struct pipe_slot *const s = array_at(b->slot, i);
		if (!s->page)
			continue;
		/* The slots before the tail are free: their room is reserved for these. */
		store_once(p->tail, p->tail - 1);
		struct pipe_slot *const to = pipe_slot(p, p->tail);
		*to = *s;
		s->page = NULL;
		any = true;
	}
	return any;
}

/*
 * Ends borrow_slots: the first @used bytes are dropped, the rest is put back. Meanwhile a writer
 * may have found the pipe full, since the room was reserved, and a reader may have found it empty.
 * Both sleep until they are woken here.
 */
static void splice_give_back(struct pipe *p, struct splice_batch *b, size_t used, bool was_full)
{
	bool freed, back, was_empty;

	mutex_lock(&p->lock);
	was_full |= !pipe_room(p);
	was_empty = pipe_empty(p);
	store_once(p->reserved, p->reserved - b->nr);
	freed = splice_consume(b, used);
	back = put_back(p, b);
	b->nr = 0;
	mutex_unlock(&p->lock);
	if (freed)
		pipe_emptied(p, was_full);
	if (back)
		pipe_filled(p, was_empty);
	pipe_wake_next_reader(p);
}

/* Copies the first @len bytes of the batch to a buffer. */
static void gather(const struct splice_batch *b, struct buf *to, size_t len)
{
	size_t at = 0;
	u32 i;

	for (i = 0; i < b->nr && at < len; i++) {
		size_t n = min((size_t)b->slot[i].len, len - at);
		page_read(b->slot[i].page, b->slot[i].off, span_sub(buf_span(to), at, n));
		at += n;
	}
}

/*
 * Writes up to @len bytes of the pipe to the file, in one call of its write operation. Returns its
 * result; 0 if the pipe is empty.
 */
static s64 write_batch(struct pipe *p, struct file *out, u64 *pos, size_t len)
{
	struct splice_batch b = { 0 };
	struct buf *buf;
	struct uio u;
	bool was_full;
	s64 n;

	mutex_lock(&p->lock);
	was_full = !pipe_room(p);
	borrow_slots(p, &b, len);
	mutex_unlock(&p->lock);
	len = min(len, batch_bytes(&b));
	if (!len)
		return 0;
	buf = buf_alloc_dirty(len);
	n = -ENOMEM;
	if (buf) {
		gather(&b, buf, len);
		u = uio_kernel(buf, 0, len);
		n = out->ops->write(out, &u, pos);
		buf_put(&buf);
	}
	splice_give_back(p, &b, n > 0 ? (size_t)n : 0, was_full);
	return n;
}

static s64 pipe_to_file(struct pipe *p, struct file *out, u64 *pos, size_t len, bool nonblock)
{
	size_t done = 0;
	s64 n;

	do {
		if (!done) {
			n = pipe_wait_readable(p, nonblock);
			if (n)
				return n;
			if (pipe_empty(p))
				return 0; /* and there are no writers */
		}
		n = write_batch(p, out, pos, len - done);
		if (n > 0)
			done += (size_t)n;
	} while (done < len && (n > 0 || (!n && !done)));
	return done ? (s64)done : n;
}

/* ---- splice ---- */

/* No byte has a position that is negative as a number with a sign. */
static bool splice_is_too_far(u64 pos, u64 len)
{
	return (s64)(pos | len | (pos + len)) < 0;
}

/* A pipe to a file, at *@off (@has_off) or at the file's position, which is advanced. */
static s64 splice_out(struct file *in, struct file *out, bool has_off, u64 *off, size_t len,
	bool nonblock)
{
	u64 pos = has_off ? *off : out->pos;
	s64 n;

	if ((has_off && (!(out->mode & FMODE_PWRITE) || (out->mode & FMODE_STREAM))) ||
		(out->flags & O_APPEND) || !out->ops->write || !(out->ops->splice & SPLICE_WRITE) ||
		splice_is_too_far(pos, len))
		return -EINVAL;
	n = pipe_to_file(pipe_of(in), out, &pos, min(len, MAX_RW_COUNT),
		nonblock || (in->flags & O_NONBLOCK));
	if (n > 0) {
		notify_file(in, IN_ACCESS);
		notify_file(out, IN_MODIFY);
	}
	if (n > 0 && has_off)
		*off = pos;
	else if (n > 0 && !(out->mode & FMODE_STREAM))
		out->pos = pos;
	return n;
}

/* A file to a pipe; as splice_out. */
static s64 splice_in(struct file *in, bool has_off, u64 *off, struct file *out, size_t len,
	bool nonblock)
{
	u64 pos = has_off ? *off : in->pos;
	s64 n;

	if ((has_off && (!(in->mode & FMODE_PREAD) || (in->mode & FMODE_STREAM))) ||
		splice_is_too_far(pos, len))
		return -EINVAL;
	n = splice_to_pipe(in, &pos, out, min(len, MAX_RW_COUNT),
		nonblock || (out->flags & O_NONBLOCK));
	if (n > 0 && has_off)
		*off = pos;
	else if (n > 0 && !(in->mode & FMODE_STREAM))
		in->pos = pos;
	return n;
}

/* Checks the descriptors and chooses the direction. @off is read and written back here. */
static s64 do_splice(struct file *in, struct uaddr in_off, struct file *out, struct uaddr out_off,
	size_t len, bool nonblock)
{
	struct pipe *from = pipe_of(in), *to = pipe_of(out);
	u64 off = 0;
	s64 n;

	if ((from && in_off.va) || (to && out_off.va))
		return -ESPIPE;
	if ((in_off.va && user_get(&off, in_off)) || (out_off.va && user_get(&off, out_off)))
		return -EFAULT;
	if (!(in->mode & FMODE_READ) || !(out->mode & FMODE_WRITE))
		return -EBADF;
	if (from && to)
		return from == to
			? -EINVAL
			: pipe_to_pipe(from, to, min(len, MAX_RW_COUNT),
				  nonblock || ((in->flags | out->flags) & O_NONBLOCK), false);
	if (from)
		n = splice_out(in, out, out_off.va, &off, len, nonblock);
	else if (to)
		n = splice_in(in, in_off.va, &off, out, len, nonblock);
	else
		n = -EINVAL;
	if (n >= 0 &&
		((in_off.va && user_put(in_off, &off)) || (out_off.va && user_put(out_off, &off))))
		n = -EFAULT;
	return n;
}

/* A length of 0 succeeds before the descriptors are checked, as on Linux. */
s64 sys_splice(struct thread *t, s32 in_fd, struct uaddr in_off, s32 out_fd, struct uaddr out_off,
	u64 len, u32 flags)
{
	struct file *in, *out;
	s64 ret = -EBADF;

	if (!len)
		return 0;
	if (flags & ~SPLICE_F_ALL)
		return -EINVAL;
	in = file_get(t, in_fd);
	out = file_get(t, out_fd);
	if (in && out)
		ret = do_splice(in, in_off, out, out_off, len, flags & SPLICE_F_NONBLOCK);
	obj_put(&in);
	obj_put(&out);
	return ret;
}

/* Both descriptors must be different pipes. */
s64 sys_tee(struct thread *t, s32 in_fd, s32 out_fd, u64 len, u32 flags)
{
	struct file *in, *out;
	s64 ret = -EBADF;

	if (flags & ~SPLICE_F_ALL)
		return -EINVAL;
	if (!len)
		return 0;
	in = file_get(t, in_fd);
	out = file_get(t, out_fd);
	if (in && out && (in->mode & FMODE_READ) && (out->mode & FMODE_WRITE)) {
		struct pipe *from = pipe_of(in), *to = pipe_of(out);
		bool nonblock = (flags & SPLICE_F_NONBLOCK) ||
			((in->flags | out->flags) & O_NONBLOCK);
		ret = from && to && from != to
			? pipe_to_pipe(from, to, min(len, MAX_RW_COUNT), nonblock, true)
			: -EINVAL;
	}
	obj_put(&in);
	obj_put(&out);
	return ret;
}
