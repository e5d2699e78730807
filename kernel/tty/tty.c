// SPDX-License-Identifier: MPL-2.0
/* Terminals as files: read, write, poll, and their life (kernel/tty.h). */
#include <frame/time.h>
#include <kernel/locks.h>
#include <kernel/uaccess.h>

#include "ldisc.h"

static void tty_release(struct tty *t)
{
	obj_put_any(&t->private);
	obj_put(&t->poll);
}
OBJ_TYPE(tty, tty_release);

static const struct termios_k default_termios = {
	.iflag = ICRNL | IXON,
	.oflag = OPOST | ONLCR,
	.cflag = B38400 | CS8 | CREAD | HUPCL,
	.lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.cc = { [VINTR] = 3, [VQUIT] = 28, [VERASE] = 127, [VKILL] = 21, [VEOF] = 4, [VMIN] = 1, [VSTART] = 17, [VSTOP] = 19, [VSUSP] = 26,
		[VREPRINT] = 18, [VDISCARD] = 15, [VWERASE] = 23, [VLNEXT] = 22 },
};

struct tty *tty_new(const struct tty_driver *driver, u64 dev)
{
	struct tty *t = obj_new(tty);

	if (!t)
		return NULL;
	lock_level(&t->lock, LOCK_TTY);
	t->driver = driver;
	t->termios = default_termios;
	t->ispeed = t->ospeed = 38400;
	t->dev = dev;
	return t;
}

/* ---- input ---- */

/* Writes the echo and does what else the input led to. tty.lock is dropped for it. */
static void finish_echo(struct tty *t, struct echo *e)
{
	bool lines = e->lines;

	mutex_unlock(&t->lock);
	if (e->len)
		(void)t->driver->write(t, cspan_first(cspan_of(e->text), e->len));
	if (e->signo)
		tty_signal_foreground(t, e->signo);
	if (lines) {
		waitq_wake_all(&t->readers);
		poll_notify(t->poll, POLLIN | POLLRDNORM);
	}
	if (e->restarted)
		tty_output_ready(t);
	e->len = 0;
	e->signo = 0;
	e->lines = false;
	e->restarted = false;
	mutex_lock(&t->lock);
}

void tty_input(struct tty *t, struct cspan bytes)
{
	struct echo e = { 0 };
	size_t i;

	mutex_lock(&t->lock);
	for (i = 0; i < cspan_len(bytes); i++) {
		tty_in_byte(t, &e, span_byte(bytes, i));
		if (e.len > sizeof(e.text) - ECHO_ROOM || e.signo)
			finish_echo(t, &e);
	}
	finish_echo(t, &e);
	mutex_unlock(&t->lock);
}

void tty_output_ready(struct tty *t)
{
	waitq_wake_all(&t->writers);
	poll_notify(t->poll, POLLOUT | POLLWRNORM);
}

void tty_flush_input(struct tty *t)
{
	t->head = t->tail = t->line_end = 0;
}

u32 tty_readable(struct tty *t)
{
	u32 min_bytes = t->termios.cc[VMIN] && !t->termios.cc[VTIME] ? t->termios.cc[VMIN] : 1;
	u32 n = t->line_end - t->tail;

	if (t->termios.lflag & ICANON)
		return n;
	n = t->head - t->tail;
	return n >= min_bytes ? n : 0;
}

/* ---- reading ---- */

/* Copies up to the end of a line. Called with the lock, which is dropped around user copies. */
static ssize_t read_line(struct tty *t, struct uio *u)
{
	u8 chunk[256];
	ssize_t done = 0;
	bool end = false;

	while (u->left && !end && t->tail != t->line_end) {
		size_t n = 0;
		while (n < sizeof(chunk) && n < u->left && t->tail != t->line_end && !end) {
			end = tty_ends_line(t, t->tail);
			if (!tty_is_eof(t, t->tail))
				chunk[n++] = t->ring[t->tail % TTY_RING];
			t->tail++;
		}
		mutex_unlock(&t->lock);
		size_t k = uio_put(u, cspan_first(cspan_of(chunk), n));
		mutex_lock(&t->lock);
		done += (ssize_t)k;
		if (k < n)
			return done ? done : -EFAULT;
	}
	/* An end-of-file mark right behind a full buffer belongs to this read. */
	if (!end && done && t->tail != t->line_end && tty_is_eof(t, t->tail))
		t->tail++;
	return done;
}

static ssize_t read_raw(struct tty *t, struct uio *u)
{
	u8 chunk[256];
	ssize_t done = 0;

	while (u->left && t->tail != t->head) {
		size_t n = 0;
		while (n < sizeof(chunk) && n < u->left && t->tail != t->head)
			chunk[n++] = t->ring[t->tail++ % TTY_RING];
		if ((s32)(t->line_end - t->tail) < 0)
			t->line_end = t->tail;
		mutex_unlock(&t->lock);
		size_t k = uio_put(u, cspan_first(cspan_of(chunk), n));
		mutex_lock(&t->lock);
		done += (ssize_t)k;
		if (k < n)
			return done ? done : -EFAULT;
	}
	return done;
}

/* How a read without canonical mode waits: VMIN and VTIME, see termios(3). */
static u64 raw_deadline(struct tty *t, bool *poll_only)
{
	u8 min_bytes = t->termios.cc[VMIN], time = t->termios.cc[VTIME];

	*poll_only = !min_bytes && !time;
	if (!time || (min_bytes && t->head == t->tail))
		return NO_DEADLINE;
	return time_mono_ns() + time * 100 * NSEC_PER_MSEC;
}

static ssize_t tty_read(struct file *f, struct uio *u, u64 *pos)
{
	struct tty *t = obj_cast(tty, f->private);
	bool poll_only = false;
	u64 deadline;
	ssize_t ret;
	int err;

	(void)pos;
	if (!u->left)
		return 0;
	err = tty_check_background(t, SIGTTIN);
	if (err)
		return err;
	mutex_lock(&t->lock);
	while (!tty_readable(t)) {
		bool canon = t->termios.lflag & ICANON;
		deadline = canon ? NO_DEADLINE : raw_deadline(t, &poll_only);
		if (t->hung_up || poll_only) {
			mutex_unlock(&t->lock);
			return 0;
		}
		mutex_unlock(&t->lock);
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		wait_event(&t->readers, tty_readable(t) || t->hung_up || canon != !!(t->termios.lflag & ICANON), WAIT_INTERRUPTIBLE, deadline, &err);
		if (err == -EINTR)
			return -ERESTARTSYS;
		mutex_lock(&t->lock);
		if (err == -ETIMEDOUT) {
			ret = read_raw(t, u); /* fewer than VMIN */
			mutex_unlock(&t->lock);
			return ret;
		}
	}
	ret = t->termios.lflag & ICANON ? read_line(t, u) : read_raw(t, u);
	if (tty_readable(t))
		waitq_wake_one(&t->readers);
	mutex_unlock(&t->lock);
	if (t->driver->room)
		(void)t->driver->room(t);
	return ret;
}

/* ---- writing ---- */

/* Sends processed output; waits for room. How much went out, or an error. */
static ssize_t send(struct tty *t, struct cspan text, bool nonblock)
{
	size_t done = 0;
	int err;

	while (done < cspan_len(text)) {
		size_t n = t->output_stopped ? 0 : t->driver->write(t, cspan_from(text, done));
		done += n;
		if (done == cspan_len(text))
			break;
		if (t->hung_up)
			return -EIO;
		if (nonblock)
			break;
		wait_event(&t->writers, t->hung_up || (!t->output_stopped && t->driver->room(t)), WAIT_INTERRUPTIBLE, NO_DEADLINE, &err);
		if (err)
			return done ? (ssize_t)done : -ERESTARTSYS;
	}
	return (ssize_t)done;
}

static ssize_t tty_write(struct file *f, struct uio *u, u64 *pos)
{
	struct tty *t = obj_cast(tty, f->private);
	u8 chunk[128];
	struct echo e = { 0 };
	ssize_t done = 0, sent;
	size_t i, n;
	int err = t->termios.lflag & TOSTOP ? tty_check_background(t, SIGTTOU) : 0;

	(void)pos;
	if (err)
		return err;
	while (u->left) {
		if (t->hung_up)
			return done ? done : -EIO;
		if ((f->flags & O_NONBLOCK) && (t->output_stopped || !t->driver->room(t)))
			return done ? done : -EAGAIN;
		n = uio_take(u, span_first(span_of(chunk), min(sizeof(chunk), u->left)));
		if (!n)
			return done ? done : -EFAULT;
		mutex_lock(&t->lock);
		e.len = 0;
		for (i = 0; i < n; i++)
			tty_out_byte(t, &e, chunk[i]);
		mutex_unlock(&t->lock);
		sent = send(t, cspan_first(cspan_of(e.text), e.len), false);
		if (sent < 0)
			return done ? done : sent;
		done += (ssize_t)n;
		if ((u32)sent < e.len)
			break;
	}
	return done;
}

static u32 tty_poll(struct file *f, struct poll_table *pt)
{
	struct tty *t = obj_cast(tty, f->private);
	u32 r = 0;

	poll_wait(pt, &t->poll);
	mutex_lock(&t->lock);
	if (tty_readable(t))
		r |= POLLIN | POLLRDNORM;
	if (t->hung_up)
		r |= POLLIN | POLLRDNORM | POLLHUP | POLLERR;
	else if (!t->output_stopped && t->driver->room(t))
		r |= POLLOUT | POLLWRNORM;
	mutex_unlock(&t->lock);
	return r;
}

/* ---- open and close ---- */

/* A session leader without a terminal gets this one. */
static void become_controlling(struct file *f, struct tty *t)
{
	struct thread *th = thread_current();
	struct process *p = th ? th->process : NULL;

	if (!p || (f->flags & O_NOCTTY) || !(f->mode & FMODE_READ))
		return;
	spin_lock(&proc_lock);
	if (p->session->sid == p->pid && !p->session->tty && !t->session) {
		p->session->tty = obj_get(t);
		p->session->foreground = p->pgrp;
		t->session = p->session;
	}
	spin_unlock(&proc_lock);
}

int tty_open_file(struct file *f, struct tty *t)
{
	struct thread *th = thread_current();

	mutex_lock(&t->lock);
	if (t->exclusive && th && !cred_capable(th->cred, CAP_SYS_ADMIN)) {
		mutex_unlock(&t->lock);
		return -EBUSY;
	}
	t->open_count++;
	mutex_unlock(&t->lock);
	f->ops = &tty_file_ops;
	f->private = &obj_get(t)->obj;
	f->mode |= FMODE_STREAM;
	become_controlling(f, t);
	return 0;
}

static void tty_release_file(struct file *f)
{
	struct tty *t = obj_cast(tty, f->private);
	bool last;

	if (!t)
		return;
	mutex_lock(&t->lock);
	last = --t->open_count == 0;
	if (last) {
		t->exclusive = false;
		obj_put(&t->poll); /* no open file, so nobody polls */
	}
	mutex_unlock(&t->lock);
	if (last && t->driver->close)
		t->driver->close(t);
}

const struct file_ops tty_file_ops = {
	.read = tty_read,
	.write = tty_write,
	.poll = tty_poll,
	.ioctl = tty_ioctl,
	.release = tty_release_file,
};

void tty_hangup(struct tty *t)
{
	struct session *s;
	struct pgrp *fg = NULL;
	struct process *leader = NULL;
	struct thread *l;
	struct tty *gone = NULL;

	mutex_lock(&t->lock);
	t->hung_up = true;
	mutex_unlock(&t->lock);
	spin_lock(&proc_lock);
	s = t->session;
	if (s) {
		fg = s->foreground ? obj_get(s->foreground) : NULL;
		gone = s->tty;
		s->tty = NULL;
		s->foreground = NULL;
		t->session = NULL;
	}
	spin_unlock(&proc_lock);
	l = s ? thread_find(s->sid) : NULL;
	if (l)
		leader = obj_get(l->process);
	if (leader) {
		signal_kernel(leader, SIGHUP);
		signal_kernel(leader, SIGCONT);
	}
	if (fg) {
		signal_send_pgrp(fg, SIGHUP);
		signal_send_pgrp(fg, SIGCONT);
	}
	waitq_wake_all(&t->readers);
	waitq_wake_all(&t->writers);
	poll_notify(t->poll, POLLIN | POLLHUP | POLLERR);
	obj_put(&l);
	obj_put(&leader);
	obj_put(&fg);
	obj_put(&gone);
}
