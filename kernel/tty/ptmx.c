// SPDX-License-Identifier: MPL-2.0
/*
 * Pseudo-terminals: the master's side. See pty(7), ioctl_tty(2).
 *
 * A read takes the slave's output from pty.out; a write puts its bytes through the slave's line
 * discipline, as if they were typed. In packet mode each read returns a byte of status first: data,
 * or a change of the slave's state. The master has no line discipline, no echo and no job control
 * of its own; an ioctl on attributes works on the slave.
 *
 * How a pair ends. The master holds the slave by a reference (pty.slave), the slave the pair by its
 * private object. When the slave is closed for the last time, the master reads the rest of the
 * output and then gets -EIO, until the slave is opened again. When the master is closed, the
 * slave's name is removed and the slave is hung up; its number is freed when the slave's last file
 * is closed, too.
 *
 * Locking: the slave's tty.lock guards both sides; it is dropped for copies to and from user
 *          memory.
 */
#include <kernel/devpts.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/mount.h>
#include <kernel/poll.h>
#include <kernel/sigio.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>
#include <uapi/fs.h>

#include "core.h"

/* The pair of an open master file. Its slave exists as long as the file is open. */
static struct pty *pty_of_file(struct file *f)
{
	return obj_cast(pty, f->private);
}

/* ---- read ---- */

static bool has_something(struct pty *p)
{
	return tty_queue_len(&p->out) || (p->slave->packet && p->slave->packet_status);
}

/* Waits until there is something to read. The lock is held, and dropped during the wait. */
static int wait_for_output(struct file *f, struct pty *p)
{
	struct tty *t = p->slave;
	int err;

	while (!has_something(p)) {
		if (p->slave_closed)
			return -EIO;
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		mutex_unlock(&t->lock);
		wait_event(&p->readers, has_something(p) || p->slave_closed, WAIT_INTERRUPTIBLE,
			NO_DEADLINE, &err);
		mutex_lock(&t->lock);
		if (err)
			return -ERESTARTSYS;
	}
	return 0;
}

/* Takes output of the slave. The lock is held; the caller wakes writers (tty_output_ready). */
static size_t take_output(struct pty *p, struct span out)
{
	size_t n = tty_queue_peek(&p->out, out);

	tty_queue_drop(&p->out, n);
	return n;
}

/*
 * Reads the output that the slave has sent so far, at most PTY_VISIBLE bytes. In packet mode a byte
 * TIOCPKT_DATA precedes it. The lock is dropped during the copies.
 */
static ssize_t read_output(struct pty *p, struct uio *u)
{
	struct tty *t = p->slave;
	u8 chunk[512];
	size_t left = min(u->left, (size_t)PTY_VISIBLE), done = 0, n = 0, put;

	if (t->packet)
		chunk[n++] = TIOCPKT_DATA;
	while (left > done) {
		n += take_output(p,
			span_sub(span_of(chunk), n, min(sizeof(chunk), left - done) - n));
		if (!n)
			break;
		mutex_unlock(&t->lock);
		put = uio_put(u, cspan_first(cspan_of(chunk), n));
		mutex_lock(&t->lock);
		done += put;
		if (put < n)
			return done ? (ssize_t)done : -EFAULT;
		n = 0;
	}
	return (ssize_t)done;
}

/*
 * Reads the status byte of packet mode, alone. Taken under the lock, written without it; a fault
 * loses it, as it does bytes.
 */
static ssize_t read_status(struct tty *t, struct uio *u)
{
	u8 status = t->packet_status;

	t->packet_status = 0;
	mutex_unlock(&t->lock);
	status = uio_put(u, value_cspan(&status)) == 1;
	mutex_lock(&t->lock);
	return status ? 1 : -EFAULT;
}

static ssize_t master_read(struct file *f, struct uio *u, u64 *pos)
{
	struct pty *p = pty_of_file(f);
	struct tty *t = p->slave;
	ssize_t n;

	(void)pos;
	if (!u->left)
		return 0;
	mutex_lock(&t->lock);
	n = wait_for_output(f, p);
	if (!n)
		n = t->packet && t->packet_status ? read_status(t, u) : read_output(p, u);
	if (n > 0)
		tty_output_ready(t);
	mutex_unlock(&t->lock);
	return n;
}

/* ---- write ---- */

static bool can_type(struct pty *p)
{
	return !p->stopped && tty_input_room(p->slave);
}

/*
 * Puts bytes through the slave's line discipline, waiting for room. TCOOFF on the master (stopped)
 * holds them back, too.
 */
static ssize_t type_chunk(struct file *f, struct pty *p, struct cspan text)
{
	struct tty *t = p->slave;
	size_t done = 0;
	ssize_t err = 0;
	int woken = 0;

	mutex_lock(&t->lock);
	for (;;) {
		if (!p->stopped)
			done += tty_receive(t, cspan_from(text, done));
		if (done < cspan_len(text)) /* a signal ends only a wait, as in tty_write */
			err = woken ? -ERESTARTSYS : f->flags & O_NONBLOCK ? -EAGAIN : 0;
		if (err || done == cspan_len(text))
			break;
		mutex_unlock(&t->lock);
		wait_event(&p->writers, can_type(p), WAIT_INTERRUPTIBLE, NO_DEADLINE, &woken);
		mutex_lock(&t->lock);
	}
	mutex_unlock(&t->lock);
	return done ? (ssize_t)done : err;
}

/*
 * Bytes are taken from user memory in small pieces, without the lock. A signal ends the write
 * between two pieces, with the bytes done so far.
 */
static ssize_t master_write(struct file *f, struct uio *u, u64 *pos)
{
	struct pty *p = pty_of_file(f);
	u8 chunk[512];
	ssize_t done = 0, n = 0;
	size_t want = 0;

	(void)pos;
	while (n == (ssize_t)want && u->left && !(done && signal_pending(thread_current()))) {
		want = min(sizeof(chunk), u->left);
		n = uio_take(u, span_first(span_of(chunk), want)) == want
			? type_chunk(f, p, cspan_first(cspan_of(chunk), want))
			: -EFAULT;
		if (n > 0)
			done += n;
	}
	return done ? done : n;
}

/* The mirror image of tty_poll: output of the slave is readable, room for input is writable. */
static u32 master_poll(struct file *f, struct poll_table *pt)
{
	struct pty *p = pty_of_file(f);
	struct tty *t = p->slave;
	u32 r = 0;

	poll_wait(pt, &p->poll);
	mutex_lock(&t->lock);
	if (has_something(p))
		r |= POLLIN | POLLRDNORM;
	if (t->packet && t->packet_status)
		r |= POLLPRI;
	if (p->slave_closed)
		r |= POLLHUP;
	if (can_type(p))
		r |= POLLOUT | POLLWRNORM;
	mutex_unlock(&t->lock);
	return r;
}

/* ---- ioctls ---- */

/* TIOCPKT. Changes from before packet mode was switched on are not reported. */
static s64 set_packet_mode(struct pty *p, u64 arg)
{
	struct tty *t = p->slave;
	s32 v;

	if (user_get(&v, UADDR(arg)))
		return -EFAULT;
	mutex_lock(&t->lock);
	if (v && !t->packet)
		t->packet_status = 0;
	t->packet = v;
	mutex_unlock(&t->lock);
	return 0;
}

/*
 * TIOCSPTLCK. A new pair is locked, so that grantpt(3) can set owner and mode of the slave before
 * somebody opens it.
 */
static s64 set_lock(struct pty *p, u64 arg)
{
	s32 v;

	if (user_get(&v, UADDR(arg)))
		return -EFAULT;
	store_once(p->locked, v != 0);
	return 0;
}

/* TIOCSIG: only the signals that keys can send. */
static s64 ptmx_send_signal(struct pty *p, u64 arg)
{
	s32 signo = (s32)arg;

	if (signo != SIGINT && signo != SIGQUIT && signo != SIGTSTP)
		return -EINVAL;
	tty_signal_foreground(p->slave, signo);
	return 0;
}

/* TIOCGPTPEER: opens the slave, also where no path leads to its name. */
static s64 open_peer(struct file *f, struct pty *p, u32 flags)
{
	struct thread *th = thread_current();
	struct path at = { 0 };
	struct file *peer = NULL;
	s32 fd = fd_reserve(th, 0, flags & O_CLOEXEC);
	s64 err = fd;

	if (fd < 0)
		return fd;
	err = devpts_mount_of(&f->path, p->fs, &at.mnt);
	if (!err) {
		at.dentry = obj_get(p->entry);
		err = file_open_path(&at,
			flags & (O_ACCMODE | O_NOCTTY | O_NONBLOCK | O_APPEND | O_CLOEXEC),
			th->cred, &peer);
	}
	path_put(&at);
	if (err) {
		fd_unreserve(th, fd);
		return err;
	}
	fd_publish(th, fd, peer);
	obj_put(&peer);
	return fd;
}

/* TCFLSH: the input of the master is the output of the slave. */
static s64 master_flush(struct pty *p, u64 queue)
{
	struct tty *t = p->slave;

	if (queue > TCIOFLUSH)
		return -EINVAL;
	mutex_lock(&t->lock);
	if (queue != TCOFLUSH) {
		tty_queue_clear(&p->out);
		tty_output_ready(t);
	}
	if (queue != TCIFLUSH) {
		tty_queue_clear(&t->waiting);
		pty_wake_writer(p);
	}
	mutex_unlock(&t->lock);
	return 0;
}

/*
 * TCXONC on the master: TCOOFF and TCOON stop and resume the master's own writes; TCIOFF and TCION
 * type ^S and ^Q at the slave.
 */
static s64 master_flow(struct pty *p, u64 action)
{
	struct tty *t = p->slave;
	u8 c = action == TCIOFF ? 023 : 021;

	if (action > TCION)
		return -EINVAL;
	mutex_lock(&t->lock);
	if (action == TCOOFF) {
		p->stopped = true;
	} else if (action == TCOON) {
		p->stopped = false;
		pty_wake_writer(p);
	} else {
		(void)tty_receive(t, value_cspan(&c));
	}
	mutex_unlock(&t->lock);
	return 0;
}

/* TIOCSTI. */
static s64 master_simulate(struct pty *p, u64 arg)
{
	u8 c;
	s64 err = tty_may_simulate(NULL); /* a master is never a controlling terminal */

	if (err)
		return err;
	if (user_get(&c, UADDR(arg)))
		return -EFAULT;
	mutex_lock(&p->slave->lock);
	(void)tty_queue_put(&p->out, value_cspan(&c), PTY_OUT);
	pty_wake_reader(p);
	mutex_unlock(&p->slave->lock);
	return 0;
}

/* TIOCINQ on the master: the output that one read would return. */
static s64 count_output(struct pty *p, u64 arg)
{
	u32 n;

	mutex_lock(&p->slave->lock);
	n = min(tty_queue_len(&p->out), PTY_VISIBLE);
	mutex_unlock(&p->slave->lock);
	return tty_put_int(arg, (s32)n);
}

static s64 master_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct pty *p = pty_of_file(f);

	switch (cmd) {
	case TIOCGPTN:
		return tty_put_int(arg, (s32)p->index);
	case TIOCSPTLCK:
		return set_lock(p, arg);
	case TIOCGPTLCK:
		return tty_put_int(arg, p->locked);
	case TIOCPKT:
		return set_packet_mode(p, arg);
	case TIOCGPKT:
		return tty_put_int(arg, p->slave->packet);
	case TIOCSIG:
		return ptmx_send_signal(p, arg);
	case TIOCGPTPEER:
		return open_peer(f, p, (u32)arg);
	case TIOCINQ:
		return count_output(p, arg);
	case TIOCOUTQ:
		return tty_put_int(arg, 0);
	case TCFLSH:
		return master_flush(p, arg);
	case TCXONC:
		return master_flow(p, arg);
	case TCSBRK:
	case TCSBRKP:
	case TIOCSBRK:
	case TIOCCBRK:
		return 0;
	case TIOCEXCL:
	case TIOCNXCL:
		p->exclusive = cmd == TIOCEXCL;
		return 0;
	case TIOCGEXCL:
		return tty_put_int(arg, p->exclusive);
	case TIOCSTI:
		return master_simulate(p, arg);
	case TIOCCONS:
		return -EINVAL;
	default:
		return tty_shared_ioctl(p->slave, f, cmd, arg, true);
	}
}

/* ---- close ---- */

/*
 * The order: first the name is removed, so that no new open finds the slave; dead is set, so that
 * an open in progress fails; then the hang-up wakes the tasks that wait there.
 */
static void master_release(struct file *f)
{
	struct pty *p = pty_of_file(f);
	struct tty *t = p->slave;

	devpts_remove(p->entry);
	mutex_lock(&t->lock);
	t->dead = true;
	t->packet = false;
	tty_queue_clear(&p->out);
	mutex_unlock(&t->lock);
	tty_hangup(t, false);
	p->slave = NULL;
	obj_put(&t);
}

/* A master has no foreground group of its own. */
static int master_set_flags(struct file *f, u32 flags)
{
	if (!(flags & ~f->flags & O_ASYNC))
		return 0;
	return sigio_set_owner(f, F_OWNER_PID, thread_current()->process->pid, true);
}

static void master_async(struct file *f, struct poll_table *pt)
{
	poll_wait(pt, &obj_cast(pty, f->private)->poll);
}

const struct file_ops ptmx_file_ops = {
	.splice = SPLICE_READ | SPLICE_WRITE,
	.read = master_read,
	.write = master_write,
	.poll = master_poll,
	.set_flags = master_set_flags,
	.async = master_async,
	.ioctl = master_ioctl,
	.release = master_release,
};
