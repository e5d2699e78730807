// SPDX-License-Identifier: MPL-2.0
/*
 * signalfd: reading pending signals from a descriptor. See signalfd(2).
 *
 * The signals are those of the thread that reads or polls, not of the one that made the descriptor.
 * Pollers are registered with the poll source of their sighand, which each send notifies. A
 * blocking reader uses waiting_for, as sigtimedwait does.
 *
 * How a read waits. It takes what is pending (signalfd_take). If there is nothing, it stores the
 * mask to waiting_for under the lock of the sighand, and looks again before it sleeps. A sender
 * holds the same lock when it decides whom to wake: it either made the signal pending before the
 * store, and the second look finds it, or it finds waiting_for and ends the sleep. Several threads
 * may wait for the same signal; it goes to the one whose take comes first, and the others sleep
 * again.
 *
 * A signal is lost in one case only, as on Linux: it is taken, and then the copy to the user fails.
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

#include "../signal/sig.h"

struct signalfd {
	struct obj obj;
	u64 mask; /* changed by one store in signalfd4 */
};

static void signalfd_release(struct signalfd *sf)
{
	(void)sf;
}
OBJ_TYPE(signalfd, signalfd_release);

struct signalfd_siginfo {
	u32 signo;
	s32 err, code;
	u32 pid, uid;
	s32 fd;
	u32 tid, band, overrun, trapno;
	s32 status, value;
	u64 ptr, utime, stime, addr;
	u16 addr_lsb, pad2;
	s32 syscall;
	u64 call_addr;
	u32 arch;
	u8 pad[28];
};
static_assert(sizeof(struct signalfd_siginfo) == 128, "struct signalfd_siginfo");

/*
 * Converts to the layout of signalfd(2). For a timer, siginfo's pid and uid are the timer's id and
 * overrun.
 */
static void signalfd_fill(const struct siginfo *i, struct signalfd_siginfo *out)
{
	bool timer = i->code == SI_TIMER;

	*out = (struct signalfd_siginfo){
		.signo = (u32)i->signo,
		.err = i->err,
		.code = i->code,
		.pid = timer ? 0 : (u32)i->pid,
		.uid = timer ? 0 : i->uid,
		.tid = timer ? (u32)i->pid : 0,
		.overrun = timer ? i->uid : 0,
		.status = i->status,
		.value = (s32)i->value,
		.ptr = i->value,
		.utime = i->utime,
		.stime = i->stime,
		.addr = i->addr,
	};
	if (siginfo_has_band(i)) {
		out->band = (u32)i->addr;
		out->fd = (s32)i->value;
		out->addr = out->ptr = 0;
		out->value = 0;
	}
}

/* Takes a pending signal of @mask from the calling thread or its process; 0: none. */
static s32 signalfd_take(struct thread *t, u64 mask, struct siginfo *info)
{
	struct obj *timer = NULL;
	u64 irq = spin_lock_irqsave(&t->sighand->lock);
	s32 signo = signal_take_locked(t, mask, info, &timer);

	if (signo)
		signal_recalc_locked(t);
	spin_unlock_irqrestore(&t->sighand->lock, irq);
	if (signo)
		signal_taken(t, signo, info, &timer);
	return signo;
}

/* A snapshot without the lock; take decides. */
static bool signalfd_readable(struct thread *t, const struct signalfd *sf)
{
	return (load_once(t->pending.set) | load_once(t->process->pending.set)) &
		load_once(sf->mask);
}

/*
 * Sleeps until a signal of the mask may be pending. Senders treat the signals in waiting_for as not
 * blocked, and wake the thread. 0, or -ERESTARTSYS for another signal.
 */
static int wait_readable(struct thread *t, struct signalfd *sf)
{
	int err = 0;
	u64 irq;

	irq = spin_lock_irqsave(&t->sighand->lock);
	/* Set before the check: a signal that is sent after it interrupts the sleep. */
	t->waiting_for = load_once(sf->mask);
	spin_unlock_irqrestore(&t->sighand->lock, irq);
	if (!signalfd_readable(t, sf))
		err = signal_pending(t) ? -EINTR
					: task_sleep_until(NO_DEADLINE, WAIT_INTERRUPTIBLE);
	irq = spin_lock_irqsave(&t->sighand->lock);
	t->waiting_for = 0;
	signal_recalc_locked(t);
	spin_unlock_irqrestore(&t->sighand->lock, irq);
	if (err && !signalfd_readable(t, sf) && signal_pending(t))
		return -ERESTARTSYS;
	return 0;
}

/* Reads as many signals as fit; waits only for the first. */
static ssize_t signalfd_read(struct file *f, struct uio *u, u64 *pos)
{
	struct signalfd *sf = obj_cast(signalfd, f->private);
	struct thread *t = thread_current();
	struct signalfd_siginfo out = { 0 };
	struct siginfo info = { 0 };
	ssize_t done = 0;
	int err;

	(void)pos;
	if (u->left < sizeof(out))
		return -EINVAL;
	while (u->left >= sizeof(out)) {
		if (signalfd_take(t, load_once(sf->mask), &info)) {
			signalfd_fill(&info, &out);
			if (uio_put(u, value_cspan(&out)) != sizeof(out))
				return done ? done : -EFAULT;
			done += (ssize_t)sizeof(out);
			continue;
		}
		if (done)
			break;
		if (load_once(f->flags) & O_NONBLOCK)
			return -EAGAIN;
		err = wait_readable(t, sf);
		if (err)
			return err;
	}
	return done;
}

/*
 * The source belongs to the handlers of the thread that polls. A registration of an epoll instance
 * stays with the process that made it, also if another process waits on the instance, as on Linux.
 */
static u32 signalfd_poll(struct file *f, struct poll_table *pt)
{
	struct signalfd *sf = obj_cast(signalfd, f->private);
	struct thread *t = thread_current();

	if (pt)
		poll_wait(pt, &t->sighand->signalfd_poll);
	return signalfd_readable(t, sf) ? POLLIN | POLLRDNORM : 0;
}

static void signalfd_show(struct file *f, struct fmt *out)
{
	struct signalfd *sf = obj_cast(signalfd, f->private);

	fmt_printf(out, "sigmask:\t%016lx\n", sf->mask);
}

/* There is no position, but seeking is not an error. */
static s64 signalfd_lseek(struct file *f, s64 off, u32 whence)
{
	(void)f;
	(void)off;
	(void)whence;
	return 0;
}

static const struct file_ops signalfd_ops = {
	.lseek = signalfd_lseek,
	.read = signalfd_read,
	.poll = signalfd_poll,
	.show_fdinfo = signalfd_show,
};

/*
 * The mask belongs to the open file, so a duplicate of the descriptor has the same one, also in a
 * child.
 */
static s64 new_signalfd(struct thread *t, u64 mask, u32 flags)
{
	struct signalfd *sf = obj_new(signalfd);
	struct file *f;
	s32 fd;

	if (!sf)
		return -ENOMEM;
	sf->mask = mask;
	f = file_new_anon(LIT("anon_inode:[signalfd]"), &signalfd_ops, &sf->obj,
		O_RDWR | (flags & O_NONBLOCK), FMODE_READ | FMODE_WRITE | FMODE_STREAM);
	if (!f)
		return -ENOMEM;
	fd = fd_install(t, f, 0, flags & O_CLOEXEC);
	obj_put(&f);
	return fd;
}

/*
 * @fd -1 makes a descriptor; else the mask of an existing one is replaced, and pollers are
 * notified, since other signals may match now.
 */
s64 sys_signalfd4(struct thread *t, s32 fd, struct uaddr uset, u64 size, u32 flags)
{
	struct signalfd *sf = NULL;
	struct file *f;
	u64 mask = 0;

	if (size != sizeof(mask) || (flags & ~(O_NONBLOCK | O_CLOEXEC)))
		return -EINVAL;
	if (user_get(&mask, uset))
		return -EFAULT;
	mask &= ~SIGS_FORCED;
	if (fd == -1)
		return new_signalfd(t, mask, flags);
	f = file_get(t, fd);
	if (!f)
		return -EBADF;
	if (f->ops == &signalfd_ops)
		sf = obj_cast(signalfd, f->private);
	if (sf) {
		store_once(sf->mask, mask);
		if (t->sighand->signalfd_poll)
			poll_notify(t->sighand->signalfd_poll, POLLIN);
	}
	obj_put(&f);
	return sf ? fd : -EINVAL;
}
