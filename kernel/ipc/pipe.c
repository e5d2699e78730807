// SPDX-License-Identifier: MPL-2.0
/*
 * Pipes and FIFOs: reading, writing, opening, closing. See pipe(7), fifo(7). The ring is in
 * pipe_ring.c, splice in splice.c.
 *
 * Writes of up to PIPE_BUF bytes are atomic. They go into one slot of their own, or whole behind
 * the bytes in the page of the last slot. Both happen in one hold of the lock, a mutex.
 *
 * Wake-ups. A filled empty pipe wakes one reader, an emptied full pipe one writer. A woken thread
 * that leaves bytes or room behind wakes the next one, so a wake-up is never lost, and no crowd is
 * woken for one slot. A closed end wakes all.
 *
 * Ends. nr_readers and nr_writers count open files, and decide about end of file and SIGPIPE. For a
 * FIFO reader_opens and writer_opens count all opens that ever were: an open waits for a change of
 * the other count, and so is let go by a partner that has come and gone since. nr_files counts
 * files of both ends; with the last one a FIFO's inode drops its pipe, and the bytes in it.
 *
 * A copy from user memory that faults adds no slot, so a reader never sees bytes that were not
 * written.
 */
#include <kernel/chrdev.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/locks.h>
#include <kernel/mm.h>
#include <kernel/pipe.h>
#include <kernel/poll.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>
#include <uapi/fs.h>

#include "pipe.h"

/* ---- waiting and waking ---- */

/*
 * Without the lock: a caller looks again under it, and another reader may have been faster. The end
 * of the last writer ends the wait, too.
 */
int pipe_wait_readable(struct pipe *p, bool nonblock)
{
	int err;

	if (!pipe_empty(p) || !load_once(p->nr_writers))
		return 0;
	if (nonblock)
		return -EAGAIN;
	wait_event(&p->read_wait, !pipe_empty(p) || !load_once(p->nr_writers), WAIT_INTERRUPTIBLE,
		NO_DEADLINE, &err);
	return err ? -ERESTARTSYS : 0;
}

int pipe_wait_writable(struct pipe *p, bool nonblock)
{
	int err;

	if (pipe_room(p) || !load_once(p->nr_readers))
		return 0;
	if (nonblock)
		return -EAGAIN;
	wait_event(&p->write_wait, pipe_room(p) || !load_once(p->nr_readers), WAIT_INTERRUPTIBLE,
		NO_DEADLINE, &err);
	return err ? -ERESTARTSYS : 0;
}

/* Called when the lock is free again, for the reader that is woken takes it at once. */
void pipe_filled(struct pipe *p, bool was_empty)
{
	if (was_empty)
		waitq_wake_one(&p->read_wait);
	poll_notify(p->poll, POLLIN | POLLRDNORM | ASYNC_IN);
}

void pipe_tell_emptied(struct pipe *p, bool was_full)
{
	if (!was_full) {
		poll_notify(p->poll, ASYNC_OUT); /* for O_ASYNC each read is news, as on Linux */
		return;
	}
	waitq_wake_one(&p->write_wait);
	poll_notify(p->poll, POLLOUT | POLLWRNORM | ASYNC_OUT);
}

void pipe_wake_next_reader(struct pipe *p)
{
	if (!pipe_empty(p))
		waitq_wake_one(&p->read_wait);
}

void pipe_wake_next_writer(struct pipe *p)
{
	if (pipe_room(p))
		waitq_wake_one(&p->write_wait);
}

ssize_t pipe_broken(void)
{
	struct siginfo info = { .signo = SIGPIPE, .code = SI_USER };

	/* A standard signal is never refused. */
	ignore_error(signal_send_thread(thread_current(), &info));
	return -EPIPE;
}

/* ---- reading ---- */

/*
 * A slot that is a packet is consumed whole, even if the reader's buffer is shorter, and ends the
 * read. A fault returns what was read before it; the bytes that could not be copied stay in the
 * pipe.
 */
ssize_t pipe_take(struct pipe *p, struct uio *u)
{
	ssize_t done = 0;

	while (u->left && !pipe_empty(p)) {
		struct pipe_slot *const s = pipe_slot(p, p->tail);
		size_t n = min(u->left, (size_t)s->len);
		bool packet = s->flags & SLOT_PACKET;
		if (uio_put_page(u, s->page, s->off, n) < n)
			return done ? done : -EFAULT;
		done += (ssize_t)n;
		s->off += (u32)n;
		s->len -= (u32)n;
		if (packet || !s->len)
			pipe_drop_tail(p);
		if (packet)
			break;
	}
	return done;
}

/*
 * Waits until there are bytes or no writer is left, then reads the bytes that are there. The lock
 * is held from the check to the copy; if another reader was faster, the wait starts over.
 */
static ssize_t pipe_read(struct file *f, struct uio *u, u64 *pos)
{
	struct pipe *p = obj_cast(pipe, f->private);
	ssize_t n;
	s64 err;
	bool was_full, more;

	(void)pos;
	if (!u->left)
		return 0;
	for (;;) {
		mutex_lock(&p->lock);
		if (!pipe_empty(p))
			break;
		bool end = !p->nr_writers;
		mutex_unlock(&p->lock);
		if (end)
			return 0;
		err = pipe_wait_readable(p, load_once(f->flags) & O_NONBLOCK);
		if (err)
			return err;
	}
	was_full = !pipe_room(p);
	n = pipe_take(p, u);
	more = !pipe_empty(p);
	mutex_unlock(&p->lock);
	pipe_emptied(p, was_full);
	if (more)
		waitq_wake_one(&p->read_wait);
	return n;
}

/* ---- writing ---- */

/*
 * The bytes that do not fill a page go behind the last ones in the ring if they fit into that page.
 * Returns their number, 0 if they do not fit, or -EFAULT. Lock held.
 */
static ssize_t pipe_merge(struct pipe *p, struct uio *u)
{
	size_t n = u->left & PAGE_MASK;

	if (!n || pipe_empty(p))
		return 0;
	struct pipe_slot *const s = pipe_slot(p, p->head - 1);
	if (!(s->flags & SLOT_MERGE) || s->off + s->len + n > PAGE_SIZE)
		return 0;
	if (uio_take_page(u, s->page, s->off + s->len, n) < n)
		return -EFAULT;
	s->len += (u32)n;
	return (ssize_t)n;
}

/*
 * A page for a new slot, the spare one first: a reference, or NULL (no memory). Keeping one page
 * saves an allocation for each write in the usual ping-pong of a writer and a reader. The contents
 * are undefined. Lock held; may sleep.
 */
static struct page *pipe_page(struct pipe *p)
{
	struct page *pg = p->spare;

	p->spare = NULL;
	return pg ? pg : page_alloc_wait(0);
}

/* Writes at most a page into a slot of its own. Lock held, there is room. */
static ssize_t put_page_full(struct pipe *p, struct uio *u, bool packet)
{
	struct pipe_slot s = { .page = pipe_page(p), .flags = SLOT_MERGE };
	size_t n = min(u->left, PAGE_SIZE);

	if (!s.page)
		return -ENOMEM;
	if (uio_take_page(u, s.page, 0, n) < n) {
		page_put(&s.page);
		return -EFAULT;
	}
	s.len = (u32)n;
	if (packet)
		s.flags = SLOT_PACKET;
	pipe_push(p, &s);
	return (ssize_t)n;
}

/*
 * First behind the last bytes, then slots of their own, until the ring is full. A packet always
 * begins a slot.
 */
ssize_t pipe_put(struct pipe *p, struct uio *u, bool packet)
{
	ssize_t n = packet ? 0 : pipe_merge(p, u);
	ssize_t done = n;

	while (n >= 0 && u->left && pipe_room(p)) {
		n = put_page_full(p, u, packet);
		if (n > 0)
			done += n;
	}
	return n < 0 && done <= 0 ? n : done;
}

/*
 * Writes in turns: as much as fits under the lock, then waits for room. Each turn wakes readers, so
 * a write may be larger than the pipe. A signal or error after a part returns the part.
 */
static ssize_t pipe_write(struct file *f, struct uio *u, u64 *pos)
{
	struct pipe *p = obj_cast(pipe, f->private);
	ssize_t done = 0, n = 0;
	bool waited = false;

	(void)pos;
	while (u->left) {
		size_t asked = u->left;
		bool was_empty, full;
		mutex_lock(&p->lock);
		was_empty = pipe_empty(p);
		n = p->nr_readers ? pipe_put(p, u, load_once(f->flags) & O_DIRECT) : -EPIPE;
		full = !pipe_room(p);
		mutex_unlock(&p->lock);
		if (n > 0) {
			done += n;
			pipe_filled(p, was_empty);
		}
		/* A fault or lack of memory ends the write, also after a part. */
		if (n < 0 || (u->left && (size_t)n < asked && !full))
			break;
		if (!u->left)
			break;
		n = pipe_wait_writable(p, load_once(f->flags) & O_NONBLOCK);
		waited = true;
		if (n)
			break;
	}
	if (waited && pipe_room(p))
		/* The single wake-up was for this writer; another one may fit, too. */
		waitq_wake_one(&p->write_wait);
	if (n == -EPIPE)
		ignore_error(pipe_broken()); /* it is @n already */
	return done ? done : n;
}

/* ---- other file operations ---- */

/*
 * A read end is hung up when no writer is left; but a FIFO that was opened without a writer is not,
 * until the first one has come (f->pos has the count of opens).
 */
static u32 pipe_poll(struct file *f, struct poll_table *pt)
{
	struct pipe *p = obj_cast(pipe, f->private);
	u32 r = 0;

	poll_wait(pt, &p->poll);
	if (f->mode & FMODE_READ) {
		if (!pipe_empty(p))
			r |= POLLIN | POLLRDNORM;
		if (!load_once(p->nr_writers) && p->writer_opens != (u32)f->pos)
			r |= POLLHUP;
	}
	if (f->mode & FMODE_WRITE) {
		if (pipe_room(p))
			r |= POLLOUT | POLLWRNORM;
		if (!load_once(p->nr_readers))
			r |= POLLERR;
	}
	return r;
}

static void pipe_async(struct file *f, struct poll_table *pt)
{
	poll_wait(pt, &obj_cast(pipe, f->private)->poll);
}

#define FIONREAD 0x541bu

/* FIONREAD: the bytes of all slots. */
static s64 pipe_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct pipe *p = obj_cast(pipe, f->private);
	s32 n;

	if (cmd != FIONREAD)
		return -ENOTTY;
	mutex_lock(&p->lock);
	n = (s32)pipe_bytes(p);
	mutex_unlock(&p->lock);
	return user_put(UADDR(arg), &n) ? -EFAULT : 0;
}

/* One open file less. With the last one, a FIFO's inode drops its pipe. */
static void pipe_leave(struct inode *ino, struct pipe *p)
{
	struct obj *gone = NULL;

	rwlock_write_lock(&ino->lock);
	if (--p->nr_files == 0) {
		gone = ino->pipe;
		ino->pipe = NULL;
	}
	rwlock_write_unlock(&ino->lock);
	obj_put_any(&gone);
}

/*
 * One end less, or both of a file opened for reading and writing. All waiters look again: readers
 * may be at the end of the file, writers at a broken pipe.
 */
static void drop_end(struct pipe *p, u32 mode)
{
	bool one_side;

	mutex_lock(&p->lock);
	store_once(p->nr_readers, p->nr_readers - !!(mode & FMODE_READ));
	store_once(p->nr_writers, p->nr_writers - !!(mode & FMODE_WRITE));
	one_side = !p->nr_readers != !p->nr_writers;
	mutex_unlock(&p->lock);
	waitq_wake_all(&p->read_wait);
	waitq_wake_all(&p->write_wait);
	poll_notify(p->poll,
		POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM | POLLHUP | POLLERR |
			(one_side ? ASYNC_IN | ASYNC_OUT : 0u));
}

/*
 * First the ends, then the inode's pipe: an open that comes between joins this pipe, whose bytes
 * are then still there.
 */
static void close_end(struct file *f)
{
	struct pipe *p = obj_cast(pipe, f->private);

	drop_end(p, f->mode);
	pipe_leave(f->inode, p);
}

static const struct file_ops pipe_ops = {
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.async = pipe_async,
	.ioctl = pipe_ioctl,
	.release = close_end,
	.splice_from = splice_to_pipe,
	.fcntl = pipe_fcntl,
};

struct pipe *pipe_of(struct file *f)
{
	return f->ops == &pipe_ops ? obj_cast(pipe, f->private) : NULL;
}

/* ---- for the kernel ---- */

/* drop_end wakes who waits for room. */
void pipe_close_and_wait(struct file **w)
{
	struct pipe *p = obj_get(obj_cast(pipe, (*w)->private));
	int err;

	obj_put(w);
	wait_event(&p->write_wait, !load_once(p->nr_readers), WAIT_KILLABLE, NO_DEADLINE, &err);
	(void)err; /* who is killed waits no more */
	obj_put(&p);
}

/* ---- pipe2 ---- */

struct fd_pair {
	s32 fd[2];
};

int pipe_make_ends(u32 flags, struct file **r, struct file **w)
{
	struct pipe *p = pipe_new();

	if (!p)
		return -ENFILE;
	*r = file_new_anon(LIT("pipe:"), &pipe_ops, &obj_get(p)->obj,
		O_RDONLY | (flags & (O_NONBLOCK | O_DIRECT)), FMODE_READ | FMODE_STREAM);
	if (*r) {
		p->nr_readers = p->reader_opens = p->nr_files = 1;
		(*r)->inode->mode = S_IFIFO | 0600;
		(*r)->inode->pipe = &obj_get(p)->obj; /* for opens through /proc/pid/fd */
		*w = file_new_inode(LIT("pipe:"), (*r)->inode, &pipe_ops,
			O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT)), FMODE_WRITE | FMODE_STREAM);
	}
	if (*w) {
		p->nr_writers = p->writer_opens = 1;
		p->nr_files = 2;
		(*w)->private = &obj_get(p)->obj;
	} else {
		obj_put(r);
	}
	obj_put(&p);
	return *w ? 0 : -ENFILE;
}

/*
 * Both descriptors are reserved and written to the user before the first is opened, so nothing is
 * visible after an error.
 */
s64 sys_pipe2(struct thread *t, struct uaddr fds, u32 flags)
{
	struct file *r = NULL, *w = NULL;
	struct fd_pair out = { { -1, -1 } };
	s64 err;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	err = pipe_make_ends(flags, &r, &w);
	if (err)
		return err;
	out.fd[0] = fd_reserve(t, 0, flags & O_CLOEXEC);
	err = out.fd[0];
	if (err < 0)
		goto out;
	out.fd[1] = fd_reserve(t, 0, flags & O_CLOEXEC);
	err = out.fd[1];
	if (err >= 0)
		err = user_put(fds, &out) ? -EFAULT : 0;
	if (err) {
		fd_unreserve(t, out.fd[0]);
		if (out.fd[1] >= 0)
			fd_unreserve(t, out.fd[1]);
		goto out;
	}
	fd_publish(t, out.fd[0], r);
	fd_publish(t, out.fd[1], w);
out:
	obj_put(&r);
	obj_put(&w);
	return err;
}

/* ---- FIFOs ---- */

/*
 * The pipe of a FIFO's inode, with one more open file: a reference, or NULL (no memory). The first
 * open makes the pipe. The inode's lock decides between two first opens, and between an open and
 * the last close.
 */
static struct pipe *pipe_enter(struct inode *ino)
{
	struct pipe *p;

	rwlock_write_lock(&ino->lock);
	p = obj_cast(pipe, ino->pipe);
	if (!p) {
		p = pipe_new();
		if (p)
			ino->pipe = &p->obj;
	}
	if (p) {
		(void)obj_get(p);
		p->nr_files++;
	}
	rwlock_write_unlock(&ino->lock);
	return p;
}

/*
 * Waits until the other side has been opened since, even if it is closed again by now: @seen is the
 * count of its opens before.
 */
static int wait_for_partner(struct pipe *p, bool reading, u32 seen)
{
	int err;

	wait_event(&p->open_wait,
		(reading ? load_once(p->writer_opens) : load_once(p->reader_opens)) != seen,
		WAIT_INTERRUPTIBLE, NO_DEADLINE, &err);
	return err ? -ERESTARTSYS : 0;
}

/*
 * Opens an end. A pipe without a name (opened again through /proc) does not wait for a partner. 0,
 * -EINVAL (neither end), -ENXIO, or -ERESTARTSYS (nothing is open then).
 */
static int open_end(struct file *f, struct pipe *p, bool named)
{
	bool rd = f->mode & FMODE_READ, wr = f->mode & FMODE_WRITE,
	     nonblock = f->flags & O_NONBLOCK, alone;
	u32 seen;
	int err = 0;

	if (!rd && !wr)
		return -EINVAL;
	mutex_lock(&p->lock);
	alone = named && rd != wr && !(rd ? p->nr_writers : p->nr_readers);
	if (alone && wr && nonblock) {
		mutex_unlock(&p->lock);
		return -ENXIO;
	}
	store_once(p->nr_readers, p->nr_readers + rd);
	store_once(p->nr_writers, p->nr_writers + wr);
	store_once(p->reader_opens, p->reader_opens + rd);
	store_once(p->writer_opens, p->writer_opens + wr);
	seen = rd ? p->writer_opens : p->reader_opens;
	if (alone && rd && nonblock)
		f->pos = p->writer_opens; /* no POLLHUP before the first writer */
	mutex_unlock(&p->lock);
	waitq_wake_all(&p->open_wait);
	if (alone && !nonblock)
		err = wait_for_partner(p, rd, seen);
	if (err)
		drop_end(p, f->mode);
	return err;
}

/* An open that fails leaves the numbers of ends as they were, and drops the pipe if it made it. */
static int fifo_open(struct file *f)
{
	struct pipe *p = pipe_enter(f->inode);
	int err;

	if (!p)
		return -ENOMEM;
	err = open_end(f, p, !(f->inode->flags & S_ANON));
	if (err) {
		pipe_leave(f->inode, p);
		obj_put(&p);
		return err;
	}
	f->ops = &pipe_ops;
	f->private = &p->obj;
	f->mode |= FMODE_STREAM;
	return 0;
}
static const struct special_ops fifo_ops = { .open = fifo_open };

void pipe_init(void)
{
	special_register(S_IFIFO, &fifo_ops);
}
