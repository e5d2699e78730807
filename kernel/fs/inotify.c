// SPDX-License-Identifier: MPL-2.0
/*
 * inotify: instances, their queues, and the system calls. See inotify(7), inotify_init1(2),
 * inotify_add_watch(2). Design and locking: inotify.h.
 *
 * A queue has a bounded number of events, and the events of one user a bounded amount of memory.
 * When an event does not fit, `overflow` is set: later events are dropped, and a reader gets
 * IN_Q_OVERFLOW after the queued events.
 *
 * How an event travels. The code that changes a file calls notify.c, which finds the marks on the
 * inode and its directory and calls inotify_queue for each. The record is allocated there, under
 * spin locks, so the queue never waits for memory: a lack of it counts as an overflow, which the
 * reader is told. The reader takes one record at a time off the queue and copies it without a lock.
 */
#include <frame/fmt.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/knobs.h>
#include <kernel/list.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/poll.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>
#include <kernel/user_limit.h>
#include <uapi/fs.h>

#include "inotify.h"

#define FIONREAD 0x541bu
#define ARG_FLAGS \
	(IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_CREATE | IN_MASK_ADD | IN_ONESHOT)

/*
 * An event as user mode reads it. The name follows, padded with zeros to a multiple of this size.
 */
struct inotify_event {
	s32 wd;
	u32 mask, cookie, len;
};

static void inotify_event_rec_release(struct inotify_event_rec *e)
{
	buf_put(&e->long_name);
}
OBJ_TYPE(inotify_event_rec, inotify_event_rec_release);

/* Called at the release, so without the lock. */
static void drop_events(struct inotify *in)
{
	struct inotify_event_rec *e;

	while ((e = list_first(&in->events)) != NULL) {
		list_remove(&in->events, e, link);
		in->nr_events--;
		user_uncharge(USER_INOTIFY_EVENTS, in->uid, 1);
		obj_put(&e);
	}
}

static void inotify_obj_release(struct inotify *in)
{
	drop_events(in);
	obj_put(&in->poll);
	user_uncharge(USER_INOTIFY_INSTANCES, in->uid, 1);
}
OBJ_TYPE(inotify, inotify_obj_release);

/* ---- the queue ---- */

/* The most events of one user: a 64th of memory. Beyond it, queues count as full. */
static u64 max_events(void)
{
	static u64 cached;
	struct page_stats s;

	if (!cached) {
		page_get_stats(&s);
		cached = s.total * PAGE_SIZE / 64 / sizeof(struct inotify_event_rec);
	}
	return cached;
}

#define rec_name(e)                                                                    \
	(cspan_first((e)->long_name ? buf_cspan((e)->long_name) : cspan_of((e)->name), \
		(e)->name_len))

/*
 * A record, charged to the user; NULL: no memory, or the user has too many. A short name lies in
 * the record; a longer one has a buffer of its own.
 */
static struct inotify_event_rec *rec_new(struct inotify *in, s32 wd, u32 mask, u32 cookie,
	struct cspan name)
{
	struct inotify_event_rec *e;

	if (!user_charge(USER_INOTIFY_EVENTS, in->uid, 1, max_events()))
		return NULL;
	e = obj_new(inotify_event_rec);
	if (e && cspan_len(name) > EVENT_NAME_INLINE) {
		e->long_name = buf_alloc_dirty(cspan_len(name));
		if (e->long_name)
			(void)span_copy(buf_span(e->long_name), name);
		else
			obj_put(&e);
	} else if (e) {
		(void)span_copy(span_of(e->name), name);
	}
	if (!e) {
		user_uncharge(USER_INOTIFY_EVENTS, in->uid, 1);
		return NULL;
	}
	e->wd = wd;
	e->mask = mask;
	e->cookie = cookie;
	e->name_len = (u32)cspan_len(name);
	return e;
}

/*
 * Whether an event equals the last one in the queue: then it is not queued again, see inotify(7).
 * Only the last event is compared: a program that writes a file in small steps fills no queue, and
 * the order of different events stays.
 */
static bool same_as_last(const struct inotify *in, s32 wd, u32 mask, struct cspan name)
{
	const struct inotify_event_rec *last = list_last(&in->events);

	return last && !(mask & IN_IGNORED) && last->wd == wd && last->mask == mask &&
		cspan_equal(rec_name(last), name);
}

/*
 * Called under notify_lock, so the events of one inode are queued in the same order for all
 * instances. The wake-up comes after in->lock has been released.
 */
void inotify_queue(struct inotify *in, s32 wd, u32 mask, u32 cookie, struct cspan name)
{
	struct inotify_event_rec *e = NULL;
	bool queued = false;

	spin_lock(&in->lock);
	if (!in->overflow && !same_as_last(in, wd, mask, name)) {
		if (in->nr_events < in->max_events)
			e = rec_new(in, wd, mask, cookie, name);
		if (!e) {
			in->overflow = true;
		} else {
			list_push_back(&in->events, e, link);
			in->nr_events++;
		}
		queued = true;
	}
	spin_unlock(&in->lock);
	if (!queued)
		return;
	waitq_wake_one(&in->wait);
	poll_notify(in->poll, POLLIN | POLLRDNORM | ASYNC_IN);
}

/*
 * Read without the lock: a hint for poll and for the condition of wait_event, which takes the lock
 * next.
 */
static bool inotify_readable(const struct inotify *in)
{
	return load_once(in->events.first) || load_once(in->overflow);
}

/* The length of the name field: with at least one NUL, or 0 for no name. */
static u32 padded(u32 name_len)
{
	return name_len ? round_up(name_len + 1, (u32)sizeof(struct inotify_event)) : 0;
}

/*
 * Takes the first event if it fits into @room bytes. Returns 0 (*@e is NULL for IN_Q_OVERFLOW),
 * -EAGAIN: no event, -EINVAL: too little room. An event that does not fit stays, so a second read
 * with a larger buffer gets it.
 */
static s64 inotify_take(struct inotify *in, size_t room, struct inotify_event_rec **e)
{
	s64 err = 0;

	spin_lock(&in->lock);
	*e = list_first(&in->events);
	if (*e) {
		if (sizeof(struct inotify_event) + padded((*e)->name_len) > room) {
			err = -EINVAL;
			*e = NULL;
		} else {
			list_remove(&in->events, *e, link);
			in->nr_events--;
			user_uncharge(USER_INOTIFY_EVENTS, in->uid, 1);
		}
	} else if (!in->overflow) {
		err = -EAGAIN;
	} else if (sizeof(struct inotify_event) > room) {
		err = -EINVAL;
	} else {
		in->overflow = false;
	}
	spin_unlock(&in->lock);
	return err;
}

/* Copies one event to user memory: its size or -EFAULT. @e NULL: IN_Q_OVERFLOW. */
static ssize_t put_event(struct uio *u, const struct inotify_event_rec *e)
{
	struct inotify_event out = { .wd = -1, .mask = IN_Q_OVERFLOW };
	u8 pad[sizeof(struct inotify_event)] = { 0 };
	size_t name_len = e ? e->name_len : 0;

	if (e)
		out = (struct inotify_event){ .wd = e->wd,
			.mask = e->mask,
			.cookie = e->cookie,
			.len = padded(e->name_len) };
	if (uio_put(u, value_cspan(&out)) < sizeof(out))
		return -EFAULT;
	if (name_len &&
		(uio_put(u, rec_name(e)) < name_len ||
			uio_put(u, cspan_first(cspan_of(pad), out.len - name_len)) <
				out.len - name_len))
		return -EFAULT;
	return (ssize_t)(sizeof(out) + out.len);
}

/*
 * Returns as many whole events as fit. Waits only if there is none. An event that has been taken
 * off the queue is lost if the copy to user memory fails, as on Linux.
 */
static ssize_t inotify_read(struct file *f, struct uio *u, u64 *pos)
{
	struct inotify *in = obj_cast(inotify, f->private);
	struct inotify_event_rec *e;
	ssize_t done = 0, n;
	int err;

	(void)pos;
	for (;;) {
		n = inotify_take(in, u->left, &e);
		if (!n) {
			n = put_event(u, e);
			obj_put(&e);
			if (n < 0)
				return done ? done : n;
			done += n;
			continue;
		}
		if (done || n != -EAGAIN)
			return done ? done : n;
		if (load_once(f->flags) & O_NONBLOCK)
			return -EAGAIN;
		wait_event(&in->wait, inotify_readable(in), WAIT_INTERRUPTIBLE, NO_DEADLINE, &err);
		if (err)
			return -ERESTARTSYS;
	}
}

/* ---- the rest of the file ---- */

/* Registers the waiter first, then looks: an event that comes in between is not missed. */
static u32 inotify_poll(struct file *f, struct poll_table *pt)
{
	struct inotify *in = obj_cast(inotify, f->private);

	poll_wait(pt, &in->poll);
	return inotify_readable(in) ? POLLIN | POLLRDNORM : 0;
}

/* FIONREAD: the bytes that a large enough read would return. */
static s64 inotify_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct inotify *in = obj_cast(inotify, f->private);
	struct inotify_event_rec *e;
	s32 n = 0;

	if (cmd != FIONREAD)
		return -ENOTTY;
	spin_lock(&in->lock);
	list_for_each(e, &in->events, link)
		n += (s32)(sizeof(struct inotify_event) + padded(e->name_len));
	if (in->overflow)
		n += (s32)sizeof(struct inotify_event);
	spin_unlock(&in->lock);
	return user_put(UADDR(arg), &n);
}

/* Linux allows lseek on inotify descriptors and does nothing. */
static s64 inotify_lseek(struct file *f, s64 off, u32 whence)
{
	(void)f;
	(void)off;
	(void)whence;
	return 0;
}

/* The marks go with the open file: they refer to the instance without a reference. */
static void inotify_release(struct file *f)
{
	notify_remove_all(obj_cast(inotify, f->private));
}

/*
 * One line for each mark. The descriptors ascend, so marks that are added or removed meanwhile do
 * no harm.
 */
static void inotify_show(struct file *f, struct fmt *out)
{
	struct inotify *in = obj_cast(inotify, f->private);
	s32 wd = 0;

	while (!fmt_overflow(out) && notify_show_next(in, &wd, out))
		;
}

static void inotify_async(struct file *f, struct poll_table *pt)
{
	poll_wait(pt, &obj_cast(inotify, f->private)->poll);
}

static const struct file_ops inotify_ops = {
	.read = inotify_read,
	.poll = inotify_poll,
	.async = inotify_async,
	.ioctl = inotify_ioctl,
	.lseek = inotify_lseek,
	.release = inotify_release,
	.show_fdinfo = inotify_show,
};

/* ---- the calls ---- */

/* The charge for the instance is released with the object, also when making the file fails. */
s64 sys_inotify_init1(struct thread *t, u32 flags)
{
	struct inotify *in;
	struct file *f;
	s32 fd;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	if (!user_charge(USER_INOTIFY_INSTANCES, t->cred->uid, 1, knob_get(KNOB_INOTIFY_INSTANCES)))
		return -EMFILE;
	in = obj_new(inotify);
	if (!in) {
		user_uncharge(USER_INOTIFY_INSTANCES, t->cred->uid, 1);
		return -ENOMEM;
	}
	in->uid = t->cred->uid;
	in->max_events = (u32)knob_get(KNOB_INOTIFY_EVENTS);
	f = file_new_anon(LIT("anon_inode:inotify"), &inotify_ops, &in->obj,
		O_RDONLY | (flags & O_NONBLOCK), FMODE_READ | FMODE_STREAM);
	if (!f)
		return -ENFILE;
	fd = fd_install(t, f, 0, flags & O_CLOEXEC);
	obj_put(&f);
	return fd;
}

/* The instance behind a descriptor; the reference *@f keeps it. 0, -EBADF, -EINVAL. */
static s64 instance_get(struct thread *t, s32 fd, struct file **f)
{
	*f = file_get(t, fd);
	if (!*f)
		return -EBADF;
	if ((*f)->ops == &inotify_ops)
		return 0;
	obj_put(f);
	return -EINVAL;
}

/*
 * The order of the checks is that of Linux: mask, descriptor, flags that exclude each other, then
 * the kind of file.
 */
s64 sys_inotify_add_watch(struct thread *t, s32 fd, struct uaddr path, u32 mask)
{
	u32 lookup = (mask & IN_DONT_FOLLOW ? 0 : LOOKUP_FOLLOW) |
		(mask & IN_ONLYDIR ? LOOKUP_DIRECTORY : 0);
	struct file *f;
	struct path p;
	s64 ret;

	if ((mask &
		    ~(IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED | IN_ISDIR |
			    ARG_FLAGS)) ||
		!mask)
		return -EINVAL;
	f = file_get(t, fd);
	if (!f)
		return -EBADF;
	obj_put(&f);
	if ((mask & (IN_MASK_ADD | IN_MASK_CREATE)) == (IN_MASK_ADD | IN_MASK_CREATE))
		return -EINVAL;
	ret = instance_get(t, fd, &f);
	if (ret)
		return ret;
	ret = path_lookup_user(t, AT_FDCWD, path, lookup, &p);
	if (!ret) {
		ret = inode_permission(p.dentry->inode, MAY_READ);
		if (!ret)
			ret = notify_add_mark(obj_cast(inotify, f->private), &p, mask);
		path_put(&p);
	}
	obj_put(&f);
	return ret;
}

/* The reader is told by an IN_IGNORED that no event of that watch follows. */
s64 sys_inotify_rm_watch(struct thread *t, s32 fd, s32 wd)
{
	struct file *f;
	s64 ret = instance_get(t, fd, &f);

	if (ret)
		return ret;
	ret = notify_remove_mark(obj_cast(inotify, f->private), wd);
	obj_put(&f);
	return ret;
}
