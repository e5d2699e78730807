// SPDX-License-Identifier: MPL-2.0
/*
 * eventfd: a 64-bit counter behind a descriptor. See eventfd(2).
 *
 * The counter stays below its largest value, which only the kernel could reach on Linux.
 * eventfd.lock guards it; wait conditions and poll read it without the lock, and the take or add is
 * repeated under it.
 *
 * How readers and writers wait for each other. A read empties the counter (a semaphore's takes 1),
 * so one waiting reader is woken by a write; it wakes the next one if something is left. A write
 * may need more room than another, so a read wakes all writers, and each tries again.
 */
#include <frame/fmt.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/poll.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>
#include <uapi/fs.h>

#define EFD_SEMAPHORE 1u
#define COUNT_LIMIT   (~0ul) /* never reached */

struct eventfd {
	struct obj obj;
	struct spinlock lock;
	u64 count;
	u32 id; /* for fdinfo */
	bool semaphore;
	struct waitq read_wait, write_wait;
	struct poll_source *poll;
};
static void eventfd_obj_release(struct eventfd *e)
{
	obj_put(&e->poll);
}
OBJ_TYPE(eventfd, eventfd_obj_release);

static struct atomic next_id;

/* Takes the count, or 1 if it is a semaphore. 0: the count is 0. */
static u64 eventfd_take(struct eventfd *e)
{
	u64 n;

	spin_lock(&e->lock);
	n = e->semaphore && e->count ? 1 : e->count;
	store_once(e->count, e->count - n);
	spin_unlock(&e->lock);
	return n;
}

/* Adds @n unless the sum would reach COUNT_LIMIT. Returns whether it did. */
static bool eventfd_add(struct eventfd *e, u64 n)
{
	bool fits;

	spin_lock(&e->lock);
	fits = n < COUNT_LIMIT - e->count;
	if (fits)
		store_once(e->count, e->count + n);
	spin_unlock(&e->lock);
	return fits;
}

/*
 * Waits until the count is not 0 and takes it. The room for writers is signalled before the value
 * is copied to the user; if the copy fails, the count is lost, as on Linux. A semaphore with a rest
 * wakes the next reader.
 */
static ssize_t eventfd_read(struct file *f, struct uio *u, u64 *pos)
{
	struct eventfd *e = obj_cast(eventfd, f->private);
	u64 n;
	int err;

	(void)pos;
	if (u->left < sizeof(n))
		return -EINVAL;
	while (!(n = eventfd_take(e))) {
		if (load_once(f->flags) & O_NONBLOCK)
			return -EAGAIN;
		wait_event(&e->read_wait, load_once(e->count), WAIT_INTERRUPTIBLE, NO_DEADLINE,
			&err);
		if (err)
			return -ERESTARTSYS;
	}
	waitq_wake_all(&e->write_wait);
	poll_notify(e->poll, POLLOUT | POLLWRNORM);
	if (e->semaphore && load_once(e->count))
		waitq_wake_one(&e->read_wait);
	return uio_put(u, value_cspan(&n)) == sizeof(n) ? (ssize_t)sizeof(n) : -EFAULT;
}

/*
 * Adds the value, and waits while it does not fit. One reader is woken: it takes the whole count,
 * or wakes the next one.
 */
static ssize_t eventfd_write(struct file *f, struct uio *u, u64 *pos)
{
	struct eventfd *e = obj_cast(eventfd, f->private);
	u64 n;
	int err;

	(void)pos;
	if (u->left != sizeof(n))
		return -EINVAL;
	if (uio_take(u, value_span(&n)) != sizeof(n))
		return -EFAULT;
	if (n == COUNT_LIMIT)
		return -EINVAL;
	while (!eventfd_add(e, n)) {
		if (load_once(f->flags) & O_NONBLOCK)
			return -EAGAIN;
		wait_event(&e->write_wait, n < COUNT_LIMIT - load_once(e->count),
			WAIT_INTERRUPTIBLE, NO_DEADLINE, &err);
		if (err)
			return -ERESTARTSYS;
	}
	waitq_wake_one(&e->read_wait);
	poll_notify(e->poll, POLLIN | POLLRDNORM);
	return sizeof(n);
}

/* Writable while at least 1 can be added. */
static u32 eventfd_poll(struct file *f, struct poll_table *pt)
{
	struct eventfd *e = obj_cast(eventfd, f->private);
	u64 count;

	poll_wait(pt, &e->poll);
	count = load_once(e->count);
	return (count ? POLLIN : 0) | (count < COUNT_LIMIT - 1 ? POLLOUT : 0);
}

static void eventfd_show(struct file *f, struct fmt *out)
{
	struct eventfd *e = obj_cast(eventfd, f->private);

	fmt_printf(out, "eventfd-count: %16lx\neventfd-id: %u\neventfd-semaphore: %u\n", e->count,
		e->id, e->semaphore ? 1u : 0u);
}

/* There is no position, but seeking is not an error. */
static s64 eventfd_lseek(struct file *f, s64 off, u32 whence)
{
	(void)f;
	(void)off;
	(void)whence;
	return 0;
}

static const struct file_ops eventfd_ops = {
	.lseek = eventfd_lseek,
	.read = eventfd_read,
	.write = eventfd_write,
	.poll = eventfd_poll,
	.show_fdinfo = eventfd_show,
};

/* The object belongs to the file from file_new_anon on, also if that fails. */
s64 sys_eventfd2(struct thread *t, u32 count, u32 flags)
{
	struct eventfd *e;
	struct file *f;
	s32 fd;

	if (flags & ~(EFD_SEMAPHORE | O_NONBLOCK | O_CLOEXEC))
		return -EINVAL;
	e = obj_new(eventfd);
	if (!e)
		return -ENOMEM;
	e->count = count;
	e->semaphore = flags & EFD_SEMAPHORE;
	e->id = (u32)atomic_add(&next_id, 1) - 1;
	f = file_new_anon(LIT("anon_inode:[eventfd]"), &eventfd_ops, &e->obj,
		O_RDWR | (flags & O_NONBLOCK), FMODE_READ | FMODE_WRITE | FMODE_STREAM);
	if (!f)
		return -ENFILE;
	fd = fd_install(t, f, 0, flags & O_CLOEXEC);
	obj_put(&f);
	return fd;
}
