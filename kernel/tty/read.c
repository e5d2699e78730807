// SPDX-License-Identifier: MPL-2.0
/*
 * read(2) on a terminal: lines, and the four cases of VMIN and VTIME. See termios(3).
 *
 * A read has two parts. read_first waits for the first piece by the rules of the mode. Then pieces
 * are taken as long as there is more, without a wait. Each piece is taken from the ring under the
 * lock and copied to user memory without it; since one task reads at a time (tty_take_turn), the
 * order of bytes is kept.
 */
#include <kernel/clock.h>
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/stat.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>
#include <uapi/fs.h>

#include "core.h"

#define POS(i) ((i) % TTY_RING)

/*
 * Linux reads pieces of this size, and a piece ends the wait for VMIN bytes. So a read of more
 * bytes gets VMIN of them only if VMIN is not larger than this. The same holds here.
 */
#define PIECE 64u

static bool ends_line(const struct tty *t, u32 i)
{
	return t->ends[POS(i) / 64] >> (POS(i) % 64) & 1;
}

static void clear_end(struct tty *t, u32 i)
{
	*array_at(t->ends, POS(i) / 64) &= ~bit(POS(i) % 64);
}

static bool is_eof_mark(const struct tty *t, u32 i)
{
	return ends_line(t, i) && !t->ring[POS(i)];
}

/*
 * Whether a read would not wait. For poll with VTIME 0 there must be VMIN bytes, as on Linux; else
 * one is enough, since the timer starts with it.
 */
bool tty_readable(const struct tty *t, bool for_poll)
{
	u32 least = for_poll && !t->termios.cc[VTIME] ? max(t->termios.cc[VMIN], 1) : 1;

	return tty_lflag(t, ICANON) ? t->canon_head != t->tail : t->head - t->tail >= least;
}

/* TIOCINQ: end-of-file marks do not count as bytes. */
u32 tty_readable_bytes(const struct tty *t)
{
	u32 n, i;

	if (!tty_lflag(t, ICANON))
		return t->head - t->tail;
	n = t->canon_head - t->tail;
	for (i = t->tail; i != t->canon_head; i++)
		n -= is_eof_mark(t, i);
	return n;
}

/* Takes bytes up to the end of a line and returns their number. *@more: the line continues. */
static size_t take_line(struct tty *t, struct span out, bool *more)
{
	size_t n = 0;
	bool end = false;

	while (n < span_len(out) && t->tail != t->canon_head && !end) {
		end = ends_line(t, t->tail);
		if (!is_eof_mark(t, t->tail))
			span_set_byte(out, n++, t->ring[POS(t->tail)]);
		clear_end(t, t->tail);
		t->tail++;
	}
	*more = !end && t->tail != t->canon_head;
	return n;
}

/* Takes bytes in raw mode, in two parts if the ring wraps. */
static size_t take_raw(struct tty *t, struct span out, bool *more)
{
	size_t n = min(span_len(out), (size_t)(t->head - t->tail));
	size_t first = min(n, TTY_RING - POS(t->tail));

	span_copy(out, cspan_sub(cspan_of(t->ring), POS(t->tail), first));
	span_copy(span_from(out, first), cspan_first(cspan_of(t->ring), n - first));
	t->tail += (u32)n;
	*more = t->head != t->tail;
	return n;
}

static size_t tty_take(struct tty *t, struct span out, bool *more)
{
	return tty_lflag(t, ICANON) ? take_line(t, out, more) : take_raw(t, out, more);
}

/* The conditions of a read's wait. */
struct read_wait {
	u32 least; /* bytes to wait for; 0: one line */
	u64 deadline;
	u64 between; /* at most this many nanoseconds between two bytes; 0: any */
	bool expired;
};

/*
 * The wait for the present mode. With ICANON: a line. VMIN > 0: that many bytes, and VTIME is the
 * longest gap between two of them. VMIN 0: one byte, for at most VTIME; both 0: no wait.
 */
static struct read_wait wait_of_mode(const struct tty *t)
{
	struct read_wait w = { .deadline = NO_DEADLINE };
	u64 time = t->termios.cc[VTIME] * 100 * NSEC_PER_MSEC;

	if (tty_lflag(t, ICANON))
		return w;
	w.least = t->termios.cc[VMIN];
	if (w.least) {
		w.between = time;
	} else {
		w.least = 1;
		w.deadline = time ? time_mono_ns() + time : 0;
	}
	return w;
}

/*
 * Waits for a byte or line; the lock is dropped meanwhile. Returns 1 to look again, 0 if the read
 * ends here, or -errno.
 */
static ssize_t wait_for_input(struct file *f, struct tty *t, struct read_wait *w)
{
	int err;

	if (t->dead)
		return -EIO;
	if (tty_is_hung_up(f) || w->expired || !w->deadline)
		return 0;
	if (f->flags & O_NONBLOCK)
		return -EAGAIN;
	mutex_unlock(&t->lock);
	wait_event(&t->readers, tty_readable(t, false) || t->dead || tty_is_hung_up(f),
		WAIT_INTERRUPTIBLE, w->deadline, &err);
	mutex_lock(&t->lock);
	w->expired = err == -ETIMEDOUT;
	return err == -EINTR ? -ERESTARTSYS : 1;
}

/*
 * Reads the first piece, with the wait. *@more: more can be read without a wait. The lock is held.
 */
static ssize_t read_first(struct file *f, struct tty *t, struct span out, bool *more)
{
	struct read_wait w = wait_of_mode(t);
	size_t done = 0;
	ssize_t ret = 0;

	while (done < span_len(out)) {
		bool rest = false;
		if (!tty_readable(t, false)) {
			ret = wait_for_input(f, t, &w);
			if (ret <= 0)
				break;
			continue;
		}
		done += tty_take(t, span_from(out, done), &rest);
		*more = rest && (tty_lflag(t, ICANON) || done >= w.least);
		if (*more || done >= w.least)
			break;
		if (w.between)
			w.deadline = time_mono_ns() + w.between;
	}
	return done ? (ssize_t)done : min(ret, 0l);
}

/* An end-of-file mark directly behind a buffer that the read has filled belongs to that read. */
static void skip_eof_mark(struct tty *t)
{
	if (tty_lflag(t, ICANON) && t->tail != t->canon_head && is_eof_mark(t, t->tail)) {
		clear_end(t, t->tail);
		t->tail++;
	}
}

/*
 * Input has been read: moves waiting input into the ring, sends the start character if the other
 * side was stopped (IXOFF), and notifies the driver.
 */
static void input_drained(struct tty *t)
{
	u8 start = t->termios.cc[VSTART];

	tty_pump(t);
	if (t->throttled && t->head - t->tail < TTY_RING / 32) {
		t->throttled = false;
		(void)t->driver->write(t, value_cspan(&start));
		tty_kick(t);
	}
	if (t->driver->drained)
		t->driver->drained(t);
}

/* After a fault in user memory the piece that was taken is lost, as on Linux. */
static ssize_t read_pieces(struct file *f, struct tty *t, struct uio *u)
{
	u8 chunk[256];
	ssize_t done = 0, n;
	bool more = false;

	mutex_lock(&t->lock);
	n = read_first(f, t, span_first(span_of(chunk), min((size_t)PIECE, u->left)), &more);
	while (n > 0) {
		size_t put;
		mutex_unlock(&t->lock);
		put = uio_put(u, cspan_first(cspan_of(chunk), (size_t)n));
		mutex_lock(&t->lock);
		done += (ssize_t)put;
		if ((ssize_t)put < n) {
			n = -EFAULT;
			break;
		}
		if (!more)
			break;
		if (!u->left)
			skip_eof_mark(t);
		n = (ssize_t)tty_take(t, span_first(span_of(chunk), min(sizeof(chunk), u->left)),
			&more);
	}
	input_drained(t);
	mutex_unlock(&t->lock);
	return done ? done : n;
}

/*
 * The access time changes in steps of eight seconds, so that it shows idle time but not each key.
 */
static void touch_read(struct file *f)
{
	if (inode_now().sec / 8 != f->inode->atime.sec / 8)
		inode_touch(f->inode, ATTR_ATIME);
}

/* A file on /dev/console is exempt from job control. */
ssize_t tty_read(struct file *f, struct uio *u, u64 *pos)
{
	struct tty *t = obj_cast(tty, f->private);
	ssize_t n;
	int err = f->ops == &tty_file_ops ? tty_check_background(t, SIGTTIN) : 0;

	(void)pos;
	if (!err)
		err = tty_take_turn(t, &t->reading, f->flags & O_NONBLOCK);
	if (err)
		return err;
	n = read_pieces(f, t, u);
	tty_end_turn(t, &t->reading);
	if (n > 0)
		touch_read(f);
	return n;
}
