// SPDX-License-Identifier: MPL-2.0
/*
 * epoll: the calls, and waiting for events. See epoll_create1(2), epoll_ctl(2), epoll_wait(2); for
 * design and locking epoll.h.
 *
 * Why a report polls the file again. An item on the ready list says that the file was notified, not
 * that it is ready now: another reader may have taken the bytes. So each item is polled when it is
 * reported, without a lock, and one that is not ready just leaves the list. An edge-triggered item
 * leaves it in any case; a level-triggered one goes back, and is found not ready by a later wait.
 */
#include <abi/address.h>
#include <abi/epoll.h>
#include <frame/fmt.h>
#include <kernel/clock.h>
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/list.h>
#include <kernel/poll.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>

#include "epoll.h"
#include "event.h"

enum { EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CTL_MOD = 3 };
/* the flags allowed together with EPOLLEXCLUSIVE */
#define EXCLUSIVE_OK \
	(POLLIN | POLLOUT | POLLERR | POLLHUP | (u32)EPOLLWAKEUP | EPOLLET | (u32)EPOLLEXCLUSIVE)

static void epoll_obj_release(struct epoll *ep)
{
	obj_put(&ep->poll);
	obj_put(&ep->watchers);
}
OBJ_TYPE(epoll, epoll_obj_release);

/* ---- the ready list ---- */

/*
 * Takes the first item off the ready list; references to it and its file. false: the list is empty.
 * *@file is NULL if the file is being released.
 *
 * The item is off the list while its file is polled. A notification in that time puts it back, so
 * no event is lost.
 */
static bool pop(struct epoll *ep, struct epoll_item **out, struct file **file)
{
	u64 irq = spin_lock_irqsave(&ep->lock);
	struct epoll_item *it = list_first(&ep->ready);

	*file = NULL;
	if (it) {
		list_remove(&ep->ready, it, ready_link);
		it->ready = false;
		store_once(ep->nr_ready, ep->nr_ready - 1);
		(void)obj_get(it);
		if (obj_tryget(it->file))
			*file = it->file;
	}
	spin_unlock_irqrestore(&ep->lock, irq);
	*out = it;
	return it != NULL;
}

/*
 * @ready is the readiness of a popped item's file. Returns the events to report, 0: none, and the
 * item's data. A level-triggered item that is reported goes back to the list; EPOLLONESHOT disables
 * the item.
 */
static u32 epoll_report(struct epoll *ep, struct epoll_item *it, u32 ready, u64 *data)
{
	u64 irq = spin_lock_irqsave(&ep->lock);

	/* The item may have been removed, changed or disabled since it was taken off the list. */
	ready = it->linked && (it->events & ~EPOLL_PRIVATE) ? ready & it->events & ~EPOLL_PRIVATE
							    : 0;
	*data = it->data;
	if (!ready)
		;
	else if (it->events & EPOLLONESHOT)
		it->events &= EPOLL_PRIVATE;
	else if (!(it->events & EPOLLET))
		epoll_push_locked(ep, it, false);
	spin_unlock_irqrestore(&ep->lock, irq);
	return ready;
}

/*
 * The report could not be written to the user: undoes it. @asked: the requested events before it.
 */
static void take_back(struct epoll *ep, struct epoll_item *it, u32 asked)
{
	u64 irq = spin_lock_irqsave(&ep->lock);

	if ((it->events & EPOLLONESHOT) && !(it->events & ~EPOLL_PRIVATE))
		it->events = asked;
	epoll_push_locked(ep, it, true);
	spin_unlock_irqrestore(&ep->lock, irq);
}

/*
 * Reports at most @nr events. The loop pops at most as many items as were on the list at its start,
 * so a level-triggered item that was put back is not reported twice. Returns the number reported,
 * or -EFAULT if there is none.
 */
static s64 send_events(struct epoll *ep, struct uaddr events, u32 nr)
{
	u32 looks = load_once(ep->nr_ready);
	struct epoll_item *it;
	struct file *f;
	s64 done = 0;
	int err = 0;

	for (; looks && done < nr && !err && pop(ep, &it, &f); looks--) {
		struct abi_epoll_event ev = { 0 };
		/* For take_back: a one-shot item is disabled by the report. */
		u32 asked = it->events;
		u64 data = 0;
		if (f)
			ev.events = epoll_report(ep, it, epoll_file_ready(f), &data);
		ev.data = data;
		if (ev.events) {
			err = user_put(uaddr_add(events, (u64)done * sizeof(ev)), &ev);
			if (err)
				take_back(ep, it, asked);
			else
				done++;
		}
		obj_put(&f);
		obj_put(&it);
	}
	if (load_once(ep->ready.first))
		/* More items than this caller took: another waiter takes them */
		waitq_wake_one(&ep->wait);
	return done ? done : err;
}

/*
 * Whether some item is really ready; items that are not leave the list. For the poll of a nested
 * instance.
 */
static bool any_ready(struct epoll *ep)
{
	u32 looks = load_once(ep->nr_ready);
	struct epoll_item *it;
	struct file *f;
	bool found = false;
	u64 irq;

	for (; looks && !found && pop(ep, &it, &f); looks--) {
		u32 ready = f ? epoll_file_ready(f) : 0;
		irq = spin_lock_irqsave(&ep->lock);
		found = it->linked && (ready & it->events & ~EPOLL_PRIVATE);
		if (found)
			epoll_push_locked(ep, it, true);
		spin_unlock_irqrestore(&ep->lock, irq);
		obj_put(&f);
		obj_put(&it);
	}
	if (found)
		/* A waiter that looked in the meantime found the list empty */
		waitq_wake_one(&ep->wait);
	return found;
}

/* ---- file operations ---- */

static u32 epoll_poll(struct file *f, struct poll_table *pt)
{
	struct epoll *ep = obj_cast(epoll, f->private);

	poll_wait(pt, &ep->poll);
	return any_ready(ep) ? POLLIN | POLLRDNORM : 0;
}

/* The last put of the instance's file: no system call uses the instance any more. */
static void epoll_release(struct file *f)
{
	epoll_clear(obj_cast(epoll, f->private));
}

static s64 epoll_lseek(struct file *f, s64 off, u32 whence)
{
	(void)f;
	(void)off;
	(void)whence;
	return 0;
}

static void epoll_show(struct file *f, struct fmt *out)
{
	struct epoll *ep = obj_cast(epoll, f->private);
	s32 fd = 0;

	while (!fmt_overflow(out) && epoll_show_next(ep, &fd, out))
		;
}

static const struct file_ops epoll_ops = {
	.poll = epoll_poll,
	.release = epoll_release,
	.lseek = epoll_lseek,
	.show_fdinfo = epoll_show,
};

struct epoll *epoll_of(struct file *f)
{
	return f->ops == &epoll_ops ? obj_cast(epoll, f->private) : NULL;
}

/* ---- the calls ---- */

s64 sys_epoll_create1(struct thread *t, u32 flags)
{
	struct epoll *ep;
	struct file *f;
	s32 fd;

	if (flags & ~O_CLOEXEC)
		return -EINVAL;
	ep = obj_new(epoll);
	if (!ep)
		return -ENOMEM;
	ep->uid = t->cred->uid;
	f = file_new_anon(LIT("anon_inode:[eventpoll]"), &epoll_ops, &ep->obj, O_RDWR,
		FMODE_READ | FMODE_WRITE | FMODE_STREAM);
	if (!f)
		return -ENFILE;
	fd = fd_install(t, f, 0, flags & O_CLOEXEC);
	obj_put(&f);
	return fd;
}

/* EPOLLEXCLUSIVE only at ADD, not for instances, and with few other flags. */
static s64 check_exclusive(s32 op, const struct file *f, u32 events)
{
	if (op == EPOLL_CTL_DEL || !(events & EPOLLEXCLUSIVE))
		return 0;
	return op == EPOLL_CTL_MOD || f->ops == &epoll_ops || (events & ~EXCLUSIVE_OK) ? -EINVAL
										       : 0;
}

/* ERR and HUP are always reported. ep->ctl makes find and change one step. */
static s64 control(struct epoll *ep, s32 op, struct file *f, s32 fd,
	const struct abi_epoll_event *ev)
{
	u32 events = ev->events | POLLERR | POLLHUP;
	s64 ret;

	mutex_lock(&ep->ctl);
	switch (op) {
	case EPOLL_CTL_ADD:
		ret = epoll_add(ep, f, fd, events, ev->data);
		break;
	case EPOLL_CTL_MOD:
		ret = epoll_modify(ep, f, fd, events, ev->data);
		break;
	case EPOLL_CTL_DEL:
		ret = epoll_delete(ep, f, fd);
		break;
	default:
		ret = -EINVAL;
		break;
	}
	mutex_unlock(&ep->ctl);
	return ret;
}

/* Both files are held during the call. The order of the errors is Linux's. */
s64 sys_epoll_ctl(struct thread *t, s32 epfd, s32 op, s32 fd, struct uaddr event)
{
	struct abi_epoll_event ev = { 0 };
	struct fd_ref epf, f = { 0 };
	struct epoll *ep;
	s64 ret = -EBADF;

	if (op != EPOLL_CTL_DEL && user_get(&ev, event))
		return -EFAULT;
	if ((ev.events & EPOLLWAKEUP) && !cred_capable(t->cred, CAP_BLOCK_SUSPEND))
		ev.events &= ~(u32)EPOLLWAKEUP;
	epf = fd_get(t, epfd);
	if (epf.file)
		f = fd_get(t, fd);
	if (f.file) {
		ep = epoll_of(epf.file);
		if (!f.file->ops->poll)
			ret = -EPERM;
		else if (f.file == epf.file || !ep)
			ret = -EINVAL;
		else
			ret = check_exclusive(op, f.file, ev.events);
		if (!ret)
			ret = control(ep, op, f.file, fd, &ev);
	}
	fd_put(f);
	fd_put(epf);
	return ret;
}

/*
 * Reports events, or sleeps until there are some. Returns their number, 0 at the deadline (0: do
 * not sleep), -EINTR, or -EFAULT. An item on the ready list may turn out not to be ready; then the
 * wait continues.
 */
static s64 epoll_wait_events(struct epoll *ep, struct uaddr events, u32 nr, u64 deadline)
{
	int err = deadline ? 0 : -ETIMEDOUT;
	s64 n;

	for (;;) {
		/*
		 * A waiter that was woken for an item may find that another one has reported it: it
		 * sleeps again.
		 */
		n = load_once(ep->ready.first) ? send_events(ep, events, nr) : 0;
		if (n)
			return n;
		if (err)
			return err == -ETIMEDOUT ? 0 : -EINTR;
		wait_event(&ep->wait, load_once(ep->ready.first), WAIT_INTERRUPTIBLE, deadline,
			&err);
	}
}

/*
 * The limit of @nr is Linux's: the array may not be longer than an int can say. The address is
 * checked as a whole first, so a wait that cannot report fails at once and not after hours.
 */
static s64 epoll_do_wait(struct thread *t, s32 epfd, struct uaddr events, s32 nr, u64 deadline)
{
	struct fd_ref ref;
	struct epoll *ep;
	s64 ret;

	if (nr <= 0 || nr > (s32)(0x7fffffffu / sizeof(struct abi_epoll_event)))
		return -EINVAL;
	if (!abi_access_ok(events.va, (u64)nr * sizeof(struct abi_epoll_event)))
		return -EFAULT;
	ref = fd_get(t, epfd);
	if (!ref.file)
		return -EBADF;
	ep = epoll_of(ref.file);
	ret = ep ? epoll_wait_events(ep, events, (u32)nr, deadline) : -EINVAL;
	fd_put(ref);
	return ret;
}

s64 sys_epoll_pwait(struct thread *t, s32 epfd, struct uaddr events, s32 nr, s32 timeout_ms,
	struct uaddr sigmask, u64 size)
{
	s64 ret = set_temporary_mask(t, sigmask, size);
	u64 deadline = 0;

	if (ret)
		return ret;
	if (timeout_ms)
		deadline = timeout_ms < 0 ? NO_DEADLINE
					  : time_mono_ns() + (u64)timeout_ms * NSEC_PER_MSEC;
	ret = epoll_do_wait(t, epfd, events, nr, deadline);
	return finish_mask(t, sigmask, ret);
}

s64 sys_epoll_pwait2(struct thread *t, s32 epfd, struct uaddr events, s32 nr, struct uaddr timeout,
	struct uaddr sigmask, u64 size)
{
	u64 deadline;
	s64 ret = deadline_from_user(timeout, &deadline);

	if (!ret)
		ret = set_temporary_mask(t, sigmask, size);
	if (ret)
		return ret;
	ret = epoll_do_wait(t, epfd, events, nr, deadline);
	return finish_mask(t, sigmask, ret);
}
