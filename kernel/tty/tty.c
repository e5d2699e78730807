// SPDX-License-Identifier: MPL-2.0
/*
 * Terminals and open files on them: creation, open, close, hang-up (kernel/tty.h).
 *
 * How a hang-up works. Under tty.lock the operations of each open file become those of a dead file:
 * reads return the end of file, writes -EIO. The session is separated and signalled, input and
 * output are dropped, and all sleepers are woken. A task that was inside a read or write looks at
 * its file's operations after each wait (tty_is_hung_up) and leaves. The files stay on the list
 * until they are closed. A file on /dev/console is exempt.
 *
 * Turns. Readers drop the lock for copies to user memory and for waits, so a flag of its own
 * (reading, writing) keeps a second reader or writer out. A turn is waited for with signals
 * allowed.
 */
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/list.h>
#include <kernel/locks.h>
#include <kernel/poll.h>
#include <kernel/sigio.h>
#include <kernel/thread.h>
#include <kernel/uio.h>
#include <uapi/fs.h>

#include "core.h"

static void tty_release(struct tty *t)
{
	obj_put_any(&t->private);
	obj_put(&t->poll);
	tty_queue_clear(&t->waiting);
	tty_queue_clear(&t->echo_waiting);
}
OBJ_TYPE(tty, tty_release);

static const struct termios_k default_termios = {
	.iflag = ICRNL | IXON,
	.oflag = OPOST | ONLCR,
	.lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.cc = { [VINTR] = 3,
		[VQUIT] = 28,
		[VERASE] = 127,
		[VKILL] = 21,
		[VEOF] = 4,
		[VMIN] = 1,
		[VSTART] = 17,
		[VSTOP] = 19,
		[VSUSP] = 26,
		[VREPRINT] = 18,
		[VDISCARD] = 15,
		[VWERASE] = 23,
		[VLNEXT] = 22 },
};

/* Sets the default attributes. */
static void tty_reset_termios(struct tty *t)
{
	struct termios_k old = t->termios;

	t->termios = default_termios;
	t->termios.cflag = t->driver->pty ? B38400 | CS8 | CREAD
					  : B115200 | CS8 | CREAD | HUPCL | CLOCAL;
	t->ispeed = t->ospeed = t->driver->pty ? 38400 : 115200;
	tty_mode_changed(t, &old);
}

struct tty *tty_new(const struct tty_driver *driver, u64 dev)
{
	struct tty *t = obj_new(tty);

	if (!t)
		return NULL;
	lock_level(&t->lock, LOCK_TTY);
	t->driver = driver;
	t->dev = dev;
	tty_reset_termios(t);
	return t;
}

/* ---- wake-ups ---- */

void tty_wake_readers(struct tty *t)
{
	waitq_wake_all(&t->readers);
	poll_notify(t->poll, POLLIN | POLLRDNORM | ASYNC_IN);
}

/*
 * The driver has room: first for echo that waited, so it stays in order with what programs write
 * afterwards.
 */
void tty_output_ready(struct tty *t)
{
	tty_echo_flush(t);
	waitq_wake_all(&t->writers);
	poll_notify(t->poll, POLLOUT | POLLWRNORM | (t->async_missed ? ASYNC_OUT : 0u));
	t->async_missed = false;
}

void tty_kick(struct tty *t)
{
	if (t->driver->kick)
		t->driver->kick(t);
}

/* Packet mode: records a change for the master and wakes it. */
void tty_packet(struct tty *t, u32 clear, u32 set)
{
	if (!t->packet)
		return;
	t->packet_status = (u8)((t->packet_status & ~clear) | set);
	tty_kick(t);
}

/*
 * Sets the flag for this task, or waits until the other one has ended its turn. A wait without the
 * lock, since the other task needs it.
 */
int tty_take_turn(struct tty *t, bool *turn, bool nonblock)
{
	bool mine;
	int err;

	for (;;) {
		mutex_lock(&t->lock);
		mine = !*turn;
		*turn = true;
		mutex_unlock(&t->lock);
		if (mine)
			return 0;
		if (nonblock)
			return -EAGAIN;
		wait_event(&t->turns, !load_once(*turn), WAIT_INTERRUPTIBLE, NO_DEADLINE, &err);
		if (err)
			return -ERESTARTSYS;
	}
}

void tty_end_turn(struct tty *t, bool *turn)
{
	mutex_lock(&t->lock);
	*turn = false;
	waitq_wake_all(&t->turns);
	if (turn == &t->writing)
		poll_notify(t->poll, POLLOUT | POLLWRNORM);
	mutex_unlock(&t->lock);
}

/* ---- files ---- */

/* The same conditions as those of read and write; a writer in progress counts as no room. */
static u32 tty_poll(struct file *f, struct poll_table *pt)
{
	struct tty *t = obj_cast(tty, f->private);
	u32 r = 0;

	poll_wait(pt, &t->poll);
	mutex_lock(&t->lock);
	if (tty_readable(t, true))
		r |= POLLIN | POLLRDNORM;
	if (t->dead || tty_is_hung_up(f))
		r |= POLLHUP;
	if (!t->writing && !t->stopped && t->driver->room(t))
		r |= POLLOUT | POLLWRNORM;
	mutex_unlock(&t->lock);
	return r;
}

/* O_ASYNC without an owner: the foreground group, or the caller. */
static int tty_set_flags(struct file *f, u32 flags)
{
	struct tty *t = obj_cast(tty, f->private);
	s32 group = load_once(t->foreground);

	if (!(flags & ~f->flags & O_ASYNC))
		return 0;
	return sigio_set_owner(f, group ? F_OWNER_PGRP : F_OWNER_PID,
		group ? group : thread_current()->process->pid, true);
}

static void tty_async(struct file *f, struct poll_table *pt)
{
	poll_wait(pt, &obj_cast(tty, f->private)->poll);
}

/*
 * TIOCEXCL refuses further opens except by privileged tasks; then the driver may refuse. The lock
 * is held.
 */
static int check_open(struct tty *t)
{
	struct thread *th = thread_current();

	if (t->exclusive && th && !cred_capable(th->cred, CAP_SYS_ADMIN))
		return -EBUSY;
	return t->driver->open ? t->driver->open(t) : 0;
}

/* The file is complete before it is listed, where a hang-up finds it. The lock is held. */
static void list_file(struct file *f, struct tty *t, bool console)
{
	f->ops = console ? &tty_console_file_ops : &tty_file_ops;
	f->private = &obj_get(t)->obj;
	f->mode |= FMODE_STREAM;
	list_push_back(&t->files, f, tty_link);
}

/*
 * The controlling terminal is taken outside tty.lock; /dev/tty, the console and O_NOCTTY exclude
 * it.
 */
int tty_open_file(struct file *f, struct tty *t, u32 how)
{
	int err;

	mutex_lock(&t->lock);
	/*
	 * Counted before the driver is called: its task delivers input only while the count is not
	 * 0.
	 */
	store_once(t->open_count, t->open_count + 1);
	err = check_open(t);
	if (err)
		store_once(t->open_count, t->open_count - 1);
	else
		list_file(f, t, how & TTY_OPEN_CONSOLE);
	mutex_unlock(&t->lock);
	if (err)
		return err;
	if (!(how & (TTY_OPEN_NOCTTY | TTY_OPEN_CONSOLE)) && !(f->flags & O_NOCTTY) &&
		(f->mode & FMODE_READ))
		tty_become_controlling(t);
	return 0;
}

/*
 * The last close resets the state that programs have set. The slave of a pty is not reset here but
 * when its master is closed.
 */
static void last_close(struct tty *t)
{
	t->exclusive = false;
	t->stopped = t->tco_stopped = t->throttled = false;
	tty_flush_input(t);
	tty_queue_clear(&t->waiting);
	tty_echo_clear(t);
	tty_leave_session(t, false, false);
	obj_put(&t->poll); /* no file is open, so no task polls */
}

/* A hung-up file is still on the list and counted, so it is closed like any other. */
static void tty_release_file(struct file *f)
{
	struct tty *t = obj_cast(tty, f->private);

	if (!t)
		return;
	mutex_lock(&t->lock);
	list_remove(&t->files, f, tty_link);
	if (--t->open_count == 0) {
		if (!t->driver->pty)
			last_close(t);
		if (t->driver->close)
			t->driver->close(t);
	}
	mutex_unlock(&t->lock);
}

const struct file_ops tty_file_ops = {
	.splice = SPLICE_READ | SPLICE_WRITE,
	.read = tty_read,
	.write = tty_write,
	.poll = tty_poll,
	.set_flags = tty_set_flags,
	.async = tty_async,
	.ioctl = tty_ioctl,
	.release = tty_release_file,
};
/* /dev/console: the same functions but for write; recognized by the address of this table. */
const struct file_ops tty_console_file_ops = {
	.splice = SPLICE_READ | SPLICE_WRITE,
	.read = tty_read,
	.write = tty_console_write,
	.poll = tty_poll,
	.set_flags = tty_set_flags,
	.async = tty_async,
	.ioctl = tty_ioctl,
	.release = tty_release_file,
};

/* ---- hang-up ---- */

static ssize_t dead_read(struct file *f, struct uio *u, u64 *pos)
{
	(void)f;
	(void)u;
	(void)pos;
	return 0;
}
static ssize_t dead_write(struct file *f, struct uio *u, u64 *pos)
{
	(void)f;
	(void)u;
	(void)pos;
	return -EIO;
}
/* A dead file is ready for everything, so no program waits for it. */
static u32 dead_poll(struct file *f, struct poll_table *pt)
{
	(void)f;
	(void)pt;
	return POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDNORM | POLLWRNORM;
}
static s64 dead_ioctl(struct file *f, u32 cmd, u64 arg)
{
	(void)f;
	(void)arg;
	return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
}
static const struct file_ops tty_hung_up_file_ops = {
	.splice = SPLICE_READ | SPLICE_WRITE,
	.read = dead_read,
	.write = dead_write,
	.poll = dead_poll,
	.ioctl = dead_ioctl,
	.release = tty_release_file,
};

bool tty_is_hung_up(struct file *f)
{
	return load_once(f->ops) == &tty_hung_up_file_ops;
}

/*
 * The story is at the top. The redirection of the console is dropped last, without the lock: its
 * file may be released by that, which takes the lock.
 */
void tty_hangup(struct tty *t, bool session_ends)
{
	struct file *f;
	u32 n = 0;

	mutex_lock(&t->lock);
	list_for_each(f, &t->files, tty_link) {
		if (f->ops == &tty_console_file_ops)
			continue;
		store_once(f->ops, &tty_hung_up_file_ops);
		n++;
	}
	tty_leave_session(t, true, session_ends);
	tty_flush_input(t);
	tty_queue_clear(&t->waiting);
	tty_echo_clear(t);
	if (t->driver->flush)
		t->driver->flush(t);
	t->packet_status = 0;
	if (t->driver->pty)
		tty_reset_termios(t);
	if (n == t->open_count && n < 2 && t->driver->close)
		t->driver->close(t);
	waitq_wake_all(&t->readers);
	waitq_wake_all(&t->writers);
	poll_notify(t->poll, POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM | POLLERR | POLLHUP);
	mutex_unlock(&t->lock);
	tty_drop_redirect(t);
}
