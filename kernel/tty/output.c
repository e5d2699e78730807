// SPDX-License-Identifier: MPL-2.0
/*
 * Output: the processing of OPOST, echo, and write(2). See termios(3).
 *
 * How a write works. The writer waits for its turn, so that the output of two writers does not mix
 * within one write. It copies a chunk from user memory, and under tty.lock passes as much of it to
 * the driver as that has room for. If the driver is full or output is stopped, it waits on
 * tty.writers without the lock; drivers wake it by tty_output_ready. With TOSTOP each chunk is
 * subject to job control.
 *
 * Echo is collected in tty.echo while input is processed and sent at the end of a run
 * (tty_echo_flush). The device may be stopped or full; then the echo waits in echo_waiting, and of
 * too much echo the oldest is dropped. Output of programs is never dropped: a write waits for room.
 * The column is tracked for tabs and for erasing.
 */
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/stat.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>
#include <uapi/fs.h>

#include "core.h"

#define ECHO_WAITING 4096u /* bytes of echo that may wait */

/* ---- processing ---- */

/* The text that one byte becomes, up to eight bytes. */
struct out_text {
	u8 text[8];
	u32 len;
};

static void to_column(struct tty *t, u32 column)
{
	t->column = t->canon_column = column;
}

/*
 * Processes one byte as OPOST requires and moves the column. canon_column is where the line that is
 * edited begins, for erasing a tab.
 */
static struct out_text process_byte(struct tty *t, u8 c)
{
	struct out_text o = { .text = { c }, .len = 1 };
	u32 flags = t->termios.oflag, n;

	switch (c) {
	case '\n':
		if (flags & ONLRET)
			t->column = 0;
		if (flags & ONLCR) {
			to_column(t, 0);
			return (struct out_text){ .text = { '\r', '\n' }, .len = 2 };
		}
		t->canon_column = t->column;
		break;
	case '\r':
		if ((flags & ONOCR) && t->column == 0)
			return (struct out_text){ .len = 0 };
		if (flags & OCRNL) {
			o.text[0] = '\n';
			if (flags & ONLRET)
				to_column(t, 0);
		} else {
			to_column(t, 0);
		}
		break;
	case '\t':
		n = 8 - (t->column & 7);
		t->column += n;
		if ((flags & TABDLY) == XTABS)
			return (struct out_text){
				.text = { ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ' }, .len = n
			};
		break;
	case '\b':
		if (t->column)
			t->column--;
		break;
	default:
		if (tty_is_control(c))
			break;
		if ((flags & OLCUC) && tty_is_lower(c))
			o.text[0] = (u8)(c - 32);
		if (!tty_is_continuation(t, c))
			t->column++;
	}
	return o;
}

/* The number of bytes at the front that are sent unchanged; moves the column past them. */
static size_t plain_run(struct tty *t, struct cspan text)
{
	size_t i;

	if (t->termios.oflag & OLCUC)
		return 0;
	for (i = 0; i < cspan_len(text); i++) {
		u8 c = span_byte(text, i);
		if (c == '\n' || c == '\r' || c == '\t' || c == '\b')
			break;
		if (!tty_is_control(c) && !tty_is_continuation(t, c))
			t->column++;
	}
	return i;
}

/*
 * Sends as much of @text as the driver takes, processed as OPOST requires. Returns the number of
 * bytes of @text.
 *
 * Runs of plain bytes go to the driver as they are. Any other byte is processed alone, and only if
 * the driver has room for all bytes that it may become (8), so that none is lost.
 */
static size_t tty_output(struct tty *t, struct cspan text)
{
	size_t done = 0, room, n;

	if (t->stopped)
		return 0;
	if (!(t->termios.oflag & OPOST))
		return t->driver->write(t, text);
	while (done < cspan_len(text)) {
		room = t->driver->room(t);
		if (!room)
			break;
		n = plain_run(t, cspan_first(cspan_from(text, done), room));
		if (n)
			done += t->driver->write(t, cspan_sub(text, done, n));
		if (done < cspan_len(text) && t->driver->room(t)) {
			struct out_text o = process_byte(t, span_byte(text, done++));
			(void)t->driver->write(t, cspan_first(cspan_of(o.text), o.len));
		}
	}
	return done;
}

/* ---- echo ---- */

/* Keeps echo that the device does not take; of too much, the oldest is dropped. */
static void keep_echo(struct tty *t, struct cspan text)
{
	u32 len = tty_queue_len(&t->echo_waiting);

	if (len + cspan_len(text) > ECHO_WAITING)
		tty_queue_drop(&t->echo_waiting, len + cspan_len(text) - ECHO_WAITING);
	(void)tty_queue_put(&t->echo_waiting, text, ECHO_WAITING);
}

/* Sends echo that waits, until the device takes no more. */
static void tty_send_waiting(struct tty *t)
{
	u8 chunk[128];

	while (tty_queue_len(&t->echo_waiting)) {
		size_t n = tty_queue_peek(&t->echo_waiting, span_of(chunk));
		size_t sent = t->driver->write(t, cspan_first(cspan_of(chunk), n));
		tty_queue_drop(&t->echo_waiting, sent);
		if (sent < n)
			return;
	}
}

/* Newer echo must not overtake older echo that waits. */
void tty_echo_flush(struct tty *t)
{
	size_t n = 0;

	if (!t->echo_len && !tty_queue_len(&t->echo_waiting))
		return;
	if (!t->stopped)
		tty_send_waiting(t);
	if (!t->stopped && !tty_queue_len(&t->echo_waiting))
		n = t->driver->write(t, cspan_first(cspan_of(t->echo), t->echo_len));
	keep_echo(t, cspan_sub(cspan_of(t->echo), n, t->echo_len - n));
	t->echo_len = 0;
	tty_kick(t);
}

void tty_echo_clear(struct tty *t)
{
	t->echo_len = 0;
	tty_queue_clear(&t->echo_waiting);
}

static void put_echo(struct tty *t, u8 c)
{
	if (t->echo_len == sizeof(t->echo))
		tty_echo_flush(t);
	t->echo[t->echo_len++] = c;
}

void tty_echo_raw(struct tty *t, u8 c)
{
	struct out_text o = { .text = { c }, .len = 1 };
	u32 i;

	if (t->termios.oflag & OPOST)
		o = process_byte(t, c);
	for (i = 0; i < o.len; i++)
		put_echo(t, o.text[i]);
}

/* ECHOCTL shows a control character as ^X. A tab is not one: its width depends on the column. */
void tty_echo_char(struct tty *t, u8 c)
{
	if (tty_lflag(t, ECHOCTL) && tty_is_control(c) && c != '\t') {
		put_echo(t, '^');
		put_echo(t, c ^ 0x40);
		t->column += 2;
	} else {
		tty_echo_raw(t, c);
	}
}

/*
 * Erasing a tab goes back over all columns that it took, so the position before it is counted again
 * from the last known one.
 */
void tty_echo_erase_tab(struct tty *t, u32 columns, bool after_tab)
{
	/* The columns count from a tab, or from the column where the line begins. */
	u32 n = 8 - ((columns + (after_tab ? 0 : t->canon_column)) & 7);

	while (n--) {
		put_echo(t, '\b');
		if (t->column)
			t->column--;
	}
}

void tty_echo_finish_erasing(struct tty *t)
{
	if (t->erasing) {
		tty_echo_raw(t, '/');
		t->erasing = false;
	}
}

/* ---- write(2) ---- */

static bool can_write(struct tty *t)
{
	return !t->stopped && t->driver->room(t);
}

/*
 * Writes bytes of the kernel's memory, waiting for room. Returns the number written, or the error
 * if it is 0. A signal ends the write only when it would wait: a program that has just received
 * SIGCHLD, for example, would otherwise lose its output, since many programs do not repeat a short
 * write.
 */
static ssize_t write_chunk(struct file *f, struct tty *t, struct cspan text)
{
	size_t done = 0;
	ssize_t err = 0;
	int woken = 0;

	if (f->ops == &tty_file_ops && tty_lflag(t, TOSTOP)) {
		err = tty_check_background(t, SIGTTOU);
		if (err)
			return err;
	}
	mutex_lock(&t->lock);
	tty_echo_flush(t);
	for (;;) {
		if (tty_is_hung_up(f) || t->dead)
			err = -EIO;
		else
			done += tty_output(t, cspan_from(text, done));
		if (!err && done < cspan_len(text))
			err = woken ? -ERESTARTSYS : f->flags & O_NONBLOCK ? -EAGAIN : 0;
		if (err == -EAGAIN && (f->flags & O_ASYNC))
			t->async_missed = true;
		if (err || done == cspan_len(text))
			break;
		tty_kick(t);
		mutex_unlock(&t->lock);
		wait_event(&t->writers, can_write(t) || t->dead || tty_is_hung_up(f),
			WAIT_INTERRUPTIBLE, NO_DEADLINE, &woken);
		mutex_lock(&t->lock);
	}
	tty_kick(t);
	mutex_unlock(&t->lock);
	return done ? (ssize_t)done : err;
}

/*
 * The modification time changes in steps of eight seconds; who(1) recognizes idle terminals by it.
 */
static void touch_written(struct file *f)
{
	if (inode_now().sec / 8 != f->inode->mtime.sec / 8)
		inode_touch(f->inode, ATTR_MTIME | ATTR_CTIME);
}

/* The text is copied in chunks, so that user memory is never touched under tty.lock. */
ssize_t tty_write(struct file *f, struct uio *u, u64 *pos)
{
	struct tty *t = obj_cast(tty, f->private);
	u8 chunk[512];
	ssize_t done = 0, n;
	size_t want;
	int err = tty_take_turn(t, &t->writing, f->flags & O_NONBLOCK);

	(void)pos;
	if (err)
		return err;
	do {
		want = min(sizeof(chunk), u->left);
		n = uio_take(u, span_first(span_of(chunk), want)) == want
			? write_chunk(f, t, cspan_first(cspan_of(chunk), want))
			: -EFAULT;
		if (n > 0)
			done += n;
	} while (n == (ssize_t)want && u->left && !signal_pending(thread_current()));
	tty_end_turn(t, &t->writing);
	if (done)
		touch_written(f);
	return done ? done : n;
}
