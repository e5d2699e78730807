// SPDX-License-Identifier: MPL-2.0
/*
 * Pipes and FIFOs. See pipe(7), fifo(7).
 *
 * A pipe is a ring of bytes in pages that are made when they are first written and kept while the pipe lives (small pipes stay small: one page serves until more is in
 * flight). Writes of up to PIPE_BUF bytes are whole. pipe.lock guards the ring and the counts of ends.
 */
#include <kernel/files.h>
#include <kernel/locks.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#define PIPE_BUF      4096u
#define PIPE_DEFAULT  65536u
#define PIPE_MAX      1048576u

struct pipe {
	struct obj obj;
	struct mutex lock;
	u32 capacity;        /* bytes, whole pages */
	u32 nr_readers, nr_writers;
	u32 reader_opens, writer_opens; /* ever: a FIFO open waits for the other side */
	u64 head, tail;      /* bytes ever written, read */
	struct waitq read_wait, write_wait, open_wait;
	struct poll_source *poll;
	struct page *page[PIPE_DEFAULT / PAGE_SIZE]; /* references; slot i serves bytes i*4096.. modulo the capacity */
};

static void pipe_release(struct pipe *p)
{
	u32 i;

	for (i = 0; i < ARRAY_LEN(p->page); i++)
		page_put(array_at(p->page, i));
	obj_put(&p->poll);
}
OBJ_TYPE(pipe, pipe_release);

static struct pipe *pipe_new(void)
{
	struct pipe *p = obj_new(pipe);

	if (p) {
		p->capacity = PIPE_DEFAULT;
		lock_level(&p->lock, LOCK_PIPE);
	}
	return p;
}

static u64 used(const struct pipe *p)
{
	return load_once(p->head) - load_once(p->tail);
}

/* ---- reading ---- */

/* Moves bytes out of the ring; lock held. */
static ssize_t take(struct pipe *p, struct uio *u)
{
	ssize_t done = 0;

	while (u->left && p->tail != p->head) {
		u64 off = p->tail % p->capacity;
		size_t n = min(min(u->left, p->head - p->tail), PAGE_SIZE - (off & PAGE_MASK));
		size_t k = uio_put_page(u, p->page[off / PAGE_SIZE], off & PAGE_MASK, n);
		p->tail += k;
		done += (ssize_t)k;
		if (k < n)
			return done ? done : -EFAULT;
	}
	/* An empty ring starts over, so that a pipe with little in flight touches one page only. */
	if (p->tail == p->head)
		p->head = p->tail = 0;
	return done;
}

static ssize_t pipe_read(struct file *f, struct uio *u, u64 *pos)
{
	struct pipe *p = obj_cast(pipe, f->private);
	ssize_t n;
	bool was_full;
	int err;

	(void)pos;
	if (!u->left)
		return 0;
	for (;;) {
		mutex_lock(&p->lock);
		if (p->head != p->tail)
			break;
		if (!p->nr_writers) {
			mutex_unlock(&p->lock);
			return 0;
		}
		mutex_unlock(&p->lock);
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		wait_event(&p->read_wait, used(p) || !load_once(p->nr_writers), WAIT_INTERRUPTIBLE, NO_DEADLINE, &err);
		if (err)
			return -ERESTARTSYS;
	}
	was_full = p->capacity - used(p) < PIPE_BUF;
	n = take(p, u);
	mutex_unlock(&p->lock);
	if (was_full) {
		waitq_wake_all(&p->write_wait);
		poll_notify(p->poll, POLLOUT | POLLWRNORM);
	}
	if (used(p))
		waitq_wake_one(&p->read_wait);
	return n;
}

/* ---- writing ---- */

static ssize_t put(struct pipe *p, struct uio *u)
{
	ssize_t done = 0;

	while (u->left && used(p) < p->capacity) {
		u64 off = p->head % p->capacity;
		size_t n = min(min(u->left, p->capacity - used(p)), PAGE_SIZE - (off & PAGE_MASK));
		struct page *pg = p->page[off / PAGE_SIZE];
		size_t k;
		if (!pg) {
			pg = page_alloc(PAGE_USER);
			if (!pg)
				return done ? done : -ENOMEM;
			p->page[off / PAGE_SIZE] = pg;
		}
		k = uio_take_page(u, pg, off & PAGE_MASK, n);
		p->head += k;
		done += (ssize_t)k;
		if (k < n)
			return done ? done : -EFAULT;
	}
	return done;
}

static ssize_t broken(void)
{
	struct siginfo info = { .signo = SIGPIPE, .code = SI_USER };

	(void)signal_send_thread(thread_current(), &info);
	return -EPIPE;
}

/* Bytes that must fit before anything is written: all of a small write, else one. */
static u64 needed(const struct uio *u)
{
	return u->left <= PIPE_BUF ? u->left : 1;
}

static ssize_t pipe_write(struct file *f, struct uio *u, u64 *pos)
{
	struct pipe *p = obj_cast(pipe, f->private);
	ssize_t done = 0, n;
	u64 want;
	int err;

	(void)pos;
	if (!u->left)
		return 0;
	for (;;) {
		mutex_lock(&p->lock);
		if (!p->nr_readers) {
			mutex_unlock(&p->lock);
			return done ? done : broken();
		}
		want = needed(u);
		if (p->capacity - used(p) >= want) {
			bool was_empty = p->head == p->tail;
			n = put(p, u);
			mutex_unlock(&p->lock);
			if (n > 0) {
				done += n;
				if (was_empty)
					waitq_wake_one(&p->read_wait);
				poll_notify(p->poll, POLLIN | POLLRDNORM);
			}
			if (n < 0)
				return done ? done : n;
			if (!u->left)
				return done;
			continue;
		}
		mutex_unlock(&p->lock);
		if (f->flags & O_NONBLOCK)
			return done ? done : -EAGAIN;
		wait_event(&p->write_wait, p->capacity - used(p) >= want || !load_once(p->nr_readers), WAIT_INTERRUPTIBLE, NO_DEADLINE, &err);
		if (err)
			return done ? done : -ERESTARTSYS;
	}
}

/* ---- the rest of a file ---- */

static u32 pipe_poll(struct file *f, struct poll_table *pt)
{
	struct pipe *p = obj_cast(pipe, f->private);
	u32 r = 0;

	poll_wait(pt, &p->poll);
	if (f->mode & FMODE_READ) {
		if (used(p))
			r |= POLLIN | POLLRDNORM;
		if (!load_once(p->nr_writers) && p->writer_opens)
			r |= POLLHUP;
	}
	if (f->mode & FMODE_WRITE) {
		if (p->capacity - used(p) >= PIPE_BUF)
			r |= POLLOUT | POLLWRNORM;
		if (!load_once(p->nr_readers))
			r |= POLLERR;
	}
	return r;
}

#define FIONREAD 0x541bu

static s64 pipe_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct pipe *p = obj_cast(pipe, f->private);
	s32 n;

	if (cmd != FIONREAD)
		return -ENOTTY;
	n = (s32)used(p);
	return user_put(UADDR(arg), &n) ? -EFAULT : 0;
}

static void close_end(struct file *f)
{
	struct pipe *p = obj_cast(pipe, f->private);

	if (!p)
		return;
	mutex_lock(&p->lock);
	if (f->mode & FMODE_READ)
		p->nr_readers--;
	if (f->mode & FMODE_WRITE)
		p->nr_writers--;
	mutex_unlock(&p->lock);
	waitq_wake_all(&p->read_wait);
	waitq_wake_all(&p->write_wait);
	poll_notify(p->poll, POLLIN | POLLOUT | POLLHUP | POLLERR);
	if (S_IS(f->inode->mode, S_IFIFO) && !p->nr_readers && !p->nr_writers) {
		/* The last one out of a FIFO leaves it empty. */
		mutex_lock(&p->lock);
		if (!p->nr_readers && !p->nr_writers)
			p->head = p->tail = 0;
		mutex_unlock(&p->lock);
	}
}

static const struct file_ops pipe_ops = {
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
	.release = close_end,
};

s64 pipe_fcntl(struct file *f, u32 cmd, u64 arg)
{
	struct pipe *p = obj_cast(pipe, f->private);
	u32 size;
	s64 ret = 0;
	u32 i;

	if (!p || f->ops != &pipe_ops)
		return -EBADF;
	if (cmd == F_GETPIPE_SZ)
		return p->capacity;
	if (arg > 0x80000000ul)
		return -EINVAL;
	for (size = PAGE_SIZE; size < arg; size *= 2)
		;
	if (size > PIPE_DEFAULT)
		return size > PIPE_MAX ? -EPERM : -ENOMEM; /* larger than the ring can be here: docs/caveats.md */
	mutex_lock(&p->lock);
	if (used(p)) {
		ret = used(p) > size ? -EBUSY : size == p->capacity ? 0 : -EBUSY;
	} else {
		p->head = p->tail = 0;
		p->capacity = size;
		for (i = size / PAGE_SIZE; i < ARRAY_LEN(p->page); i++)
			page_put(array_at(p->page, i));
	}
	mutex_unlock(&p->lock);
	return ret ? ret : (s64)size;
}

/* ---- pipe2 ---- */

struct fd_pair {
	s32 fd[2];
};

s64 sys_pipe2(struct thread *t, struct uaddr fds, u32 flags)
{
	struct pipe *p;
	struct file *r = NULL, *w = NULL;
	struct fd_pair out = { { -1, -1 } };
	s64 err = -ENFILE;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	if (flags & O_DIRECT)
		return -EINVAL; /* packet mode: docs/caveats.md */
	p = pipe_new();
	if (!p)
		return -ENFILE;
	p->nr_readers = p->nr_writers = p->reader_opens = p->writer_opens = 1;
	r = file_new_anon(LIT("pipe:"), &pipe_ops, &obj_get(p)->obj, O_RDONLY | (flags & O_NONBLOCK), FMODE_READ | FMODE_STREAM);
	w = r ? file_new_inode(LIT("pipe:"), r->inode, &pipe_ops, O_WRONLY | (flags & O_NONBLOCK), FMODE_WRITE | FMODE_STREAM) : NULL;
	if (!w)
		goto out;
	w->private = &obj_get(p)->obj;
	r->inode->mode = S_IFIFO | 0600;
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
	obj_put(&p);
	return err;
}

/* ---- FIFOs ---- */

/* The pipe of a FIFO inode, a reference; made at the first open. */
static struct pipe *fifo_pipe(struct inode *ino)
{
	struct pipe *p;

	rwlock_write_lock(&ino->lock);
	p = obj_cast(pipe, ino->pipe);
	if (!p) {
		p = pipe_new();
		if (p)
			ino->pipe = &p->obj;
	}
	if (p)
		(void)obj_get(p);
	rwlock_write_unlock(&ino->lock);
	return p;
}

int fifo_open(struct file *f)
{
	struct pipe *p = fifo_pipe(f->inode);
	bool rd = f->mode & FMODE_READ, wr = f->mode & FMODE_WRITE;
	u32 seen;
	int err = 0;

	if (!p)
		return -ENOMEM;
	mutex_lock(&p->lock);
	if (wr && !rd && (f->flags & O_NONBLOCK) && !p->nr_readers) {
		mutex_unlock(&p->lock);
		obj_put(&p);
		return -ENXIO;
	}
	p->nr_readers += rd;
	p->nr_writers += wr;
	p->reader_opens += rd;
	p->writer_opens += wr;
	seen = rd ? p->writer_opens : p->reader_opens;
	bool wait = rd != wr && !(f->flags & O_NONBLOCK) && !(rd ? p->nr_writers : p->nr_readers);
	mutex_unlock(&p->lock);
	waitq_wake_all(&p->open_wait);
	if (wait) {
		/* Until the other side opens, even if it is gone again by then. */
		wait_event(&p->open_wait, (rd ? load_once(p->writer_opens) : load_once(p->reader_opens)) != seen, WAIT_INTERRUPTIBLE, NO_DEADLINE, &err);
		if (err) {
			mutex_lock(&p->lock);
			p->nr_readers -= rd;
			p->nr_writers -= wr;
			mutex_unlock(&p->lock);
			obj_put(&p);
			return -ERESTARTSYS;
		}
	}
	f->ops = &pipe_ops;
	f->private = &p->obj;
	f->mode |= FMODE_STREAM;
	return 0;
}
