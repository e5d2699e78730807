// SPDX-License-Identifier: MPL-2.0
/*
 * The line discipline, input side: special characters, lines, signals, flow control: termios(3).
 *
 * How a byte travels. A driver calls tty_input from a task. If older input waits for room, new
 * input waits behind it. Otherwise tty_discipline takes as many bytes as the ring has room for, and
 * each byte is either plain or special. Plain bytes are the common case: a bit map (tty.special),
 * rebuilt when the mode changes, tells them apart. A plain byte is echoed and put into the ring. A
 * special byte may be flow control (^S, ^Q), a signal character (^C, ^Z), an editing character
 * (erase, kill), or the end of a line. Without any processing, whole runs of bytes are copied.
 *
 * The ring has three positions. [tail, canon_head) are complete lines that can be read;
 * [canon_head, head) is the line that is being edited. The end of a line moves canon_head to head
 * and wakes the readers. The bit map tty.ends marks the bytes that end a line; an end-of-file
 * character is a marked byte 0, which readers do not return. Without ICANON all of [tail, head) can
 * be read.
 *
 * When the ring is full of lines, input but flow control waits in tty.waiting (keep_waiting). A
 * reader that frees room moves it into the ring (tty_pump). When that queue is full as well, the
 * driver keeps the bytes.
 *
 * Locking: tty.lock is held throughout. Signals are sent under it.
 */

#include "core.h"

#define POS(i) ((i) % TTY_RING)

static bool is_cc(const struct tty *t, u32 which, u8 c)
{
	return t->termios.cc[which] == c;
}

static bool extended(const struct tty *t, u32 which, u8 c)
{
	return is_cc(t, which, c) && tty_lflag(t, IEXTEN);
}

/*
 * Puts a byte into the ring. PARMRK turns some bytes into two or three, so the room for one may be
 * too little. Then the last byte is overwritten, which belongs to a line that is still edited
 * (ring_room).
 */
static void tty_put(struct tty *t, u8 c)
{
	if (t->head - t->tail == TTY_RING)
		t->head--;
	t->ring[POS(t->head++)] = c;
}

/* ---- flow control ---- */

/* Stops output; the pty master is notified. */
void tty_stop_output(struct tty *t)
{
	if (t->stopped)
		return;
	t->stopped = true;
	if (t->driver->stopped)
		t->driver->stopped(t);
	tty_packet(t, TIOCPKT_START, TIOCPKT_STOP);
}

void tty_start_output(struct tty *t)
{
	if (!t->stopped || t->tco_stopped)
		return;
	t->stopped = false;
	if (t->driver->stopped)
		t->driver->stopped(t);
	tty_packet(t, TIOCPKT_STOP, TIOCPKT_START);
	tty_output_ready(t);
}

/*
 * Handles ^S and ^Q. Returns whether @c was one of them. That happens before anything else, and
 * also while the ring is full: otherwise output that was stopped could never be started.
 */
static bool receive_flow(struct tty *t, u8 c)
{
	if (!tty_iflag(t, IXON) || !c)
		return false;
	if (is_cc(t, VSTOP, c))
		tty_stop_output(t);
	else if (is_cc(t, VSTART, c))
		tty_start_output(t);
	else
		return false;
	return true;
}

/* IXANY: any byte resumes output that ^S has stopped. */
static void restart_by_any(struct tty *t)
{
	if (t->stopped && !t->tco_stopped && tty_iflag(t, IXON) && tty_iflag(t, IXANY))
		tty_start_output(t);
}

/* ---- signals ---- */

/*
 * Signals the foreground group. Unless NOFLSH is set, all input and output that waits is dropped.
 */
static void tty_send_signal(struct tty *t, s32 signo)
{
	tty_signal_foreground(t, signo);
	if (tty_lflag(t, NOFLSH))
		return;
	tty_echo_clear(t);
	if (t->driver->flush)
		t->driver->flush(t);
	tty_flush_input(t);
}

/*
 * Handles ^C, ^\ and ^Z. Returns whether @c was one of them. The character itself never reaches a
 * reader. Output that ^S has stopped goes on, so that the user sees what the signal does.
 */
static bool receive_signal(struct tty *t, u8 c)
{
	s32 signo = is_cc(t, VINTR, c) ? SIGINT
		: is_cc(t, VQUIT, c)   ? SIGQUIT
		: is_cc(t, VSUSP, c)   ? SIGTSTP
				       : 0;

	if (!signo)
		return false;
	tty_send_signal(t, signo);
	if (tty_iflag(t, IXON))
		tty_start_output(t);
	if (tty_lflag(t, ECHO))
		tty_echo_char(t, c);
	return true;
}

/* ---- lines ---- */

/* Ends the line with @c and makes it readable. */
static void end_line(struct tty *t, u8 c)
{
	tty_put(t, c);
	*array_at(t->ends, POS(t->head - 1) / 64) |= bit(POS(t->head - 1) % 64);
	t->canon_head = t->head;
	tty_wake_readers(t);
}

/*
 * Echoes a byte of the line. The first byte records the column where the line begins on the screen.
 */
static void echo_typed(struct tty *t, u8 c)
{
	tty_echo_finish_erasing(t);
	if (t->canon_head == t->head)
		t->canon_column = t->column;
	tty_echo_char(t, c);
}

/* PARMRK: a real byte 0377 is doubled, to distinguish it from the prefix of a damaged byte. */
static void put_marked(struct tty *t, u8 c)
{
	if (c == 0xff && tty_iflag(t, PARMRK))
		tty_put(t, c);
	tty_put(t, c);
}

/* VREPRINT: shows the line being edited again. */
static void reprint(struct tty *t, u8 c)
{
	u32 i;

	tty_echo_finish_erasing(t);
	tty_echo_char(t, c);
	tty_echo_raw(t, '\n');
	for (i = t->canon_head; i != t->head; i++)
		tty_echo_char(t, t->ring[POS(i)]);
}

/* Handles editing and line ends. Returns whether @c was one of these characters. */
static bool receive_canonical(struct tty *t, u8 c)
{
	if (is_cc(t, VERASE, c) || is_cc(t, VKILL, c) || extended(t, VWERASE, c)) {
		tty_erase(t, c);
	} else if (extended(t, VLNEXT, c)) {
		t->literal_next = true;
		if (tty_lflag(t, ECHO)) {
			tty_echo_finish_erasing(t);
			if (tty_lflag(t, ECHOCTL)) {
				tty_echo_raw(t, '^');
				tty_echo_raw(t, '\b');
			}
		}
	} else if (extended(t, VREPRINT, c) && tty_lflag(t, ECHO)) {
		reprint(t, c);
	} else if (c == '\n') {
		if (tty_lflag(t, ECHO | ECHONL))
			tty_echo_raw(t, '\n');
		end_line(t, c);
	} else if (is_cc(t, VEOF, c)) {
		end_line(t, 0);
	} else if (is_cc(t, VEOL, c) || extended(t, VEOL2, c)) {
		if (tty_lflag(t, ECHO))
			echo_typed(t, c);
		if (c == 0xff && tty_iflag(t, PARMRK))
			tty_put(t, c);
		end_line(t, c);
	} else {
		return false;
	}
	return true;
}

/* ---- bytes ---- */

static void receive_plain(struct tty *t, u8 c)
{
	restart_by_any(t);
	if (tty_lflag(t, ECHO))
		echo_typed(t, c);
	put_marked(t, c);
}

/*
 * The order of the checks is that of Linux: flow control, signals, the carriage return and newline
 * mappings, editing.
 */
static void receive_special(struct tty *t, u8 c)
{
	if (receive_flow(t, c))
		return;
	if (tty_lflag(t, ISIG) && receive_signal(t, c))
		return;
	restart_by_any(t);
	if (c == '\r') {
		if (tty_iflag(t, IGNCR))
			return;
		if (tty_iflag(t, ICRNL))
			c = '\n';
	} else if (c == '\n' && tty_iflag(t, INLCR)) {
		c = '\r';
	}
	if (tty_lflag(t, ICANON) && receive_canonical(t, c))
		return;
	if (tty_lflag(t, ECHO)) {
		if (c == '\n') {
			tty_echo_finish_erasing(t);
			tty_echo_raw(t, '\n');
		} else {
			echo_typed(t, c);
		}
	}
	put_marked(t, c);
}

static void receive_byte(struct tty *t, u8 c)
{
	bool literal = t->literal_next;

	if (tty_iflag(t, ISTRIP))
		c &= 0x7f;
	if (tty_iflag(t, IUCLC) && tty_lflag(t, IEXTEN) && tty_is_upper(c))
		c += 32;
	t->literal_next = false;
	if (!literal && (t->special[c / 64] >> (c % 64) & 1))
		receive_special(t, c);
	else
		receive_plain(t, c);
}

/* ---- modes ---- */

static void mark_special(struct tty *t, u8 c)
{
	*array_at(t->special, c / 64) |= bit(c % 64);
}

static void mark_cc(struct tty *t, u32 which)
{
	if (t->termios.cc[which])
		mark_special(t, t->termios.cc[which]);
}

/* Rebuilds the bit map of the bytes that are special in the present mode. */
static void find_special(struct tty *t)
{
	static const u8 canonical[] = { VERASE, VKILL, VEOF, VEOL };
	static const u8 more[] = { VWERASE, VLNEXT, VEOL2 };
	static const u8 signals[] = { VINTR, VQUIT, VSUSP };
	u32 i;

	for (i = 0; i < 4; i++)
		t->special[i] = 0;
	if (tty_iflag(t, IGNCR | ICRNL))
		mark_special(t, '\r');
	if (tty_iflag(t, INLCR) || tty_lflag(t, ICANON))
		mark_special(t, '\n');
	for (i = 0; i < ARRAY_LEN(canonical) && tty_lflag(t, ICANON); i++)
		mark_cc(t, canonical[i]);
	for (i = 0; i < ARRAY_LEN(more) && tty_lflag(t, ICANON) && tty_lflag(t, IEXTEN); i++)
		mark_cc(t, more[i]);
	if (tty_lflag(t, ICANON) && tty_lflag(t, IEXTEN) && tty_lflag(t, ECHO))
		mark_cc(t, VREPRINT);
	for (i = 0; i < ARRAY_LEN(signals) && tty_lflag(t, ISIG); i++)
		mark_cc(t, signals[i]);
	if (tty_iflag(t, IXON)) {
		mark_cc(t, VSTART);
		mark_cc(t, VSTOP);
	}
}

/* Whether bytes are stored without any processing. */
static bool is_raw(const struct tty *t)
{
	return !tty_iflag(t, ISTRIP | IUCLC | IGNCR | ICRNL | INLCR | IXON | PARMRK) &&
		!tty_lflag(t, ICANON | ISIG | ECHO) && !t->literal_next;
}

/*
 * A change between lines and raw input converts what has been typed. A stop by ^S ends when IXON is
 * switched off.
 */
void tty_mode_changed(struct tty *t, const struct termios_k *old)
{
	u32 i;

	if ((old->lflag ^ t->termios.lflag) & ICANON) {
		for (i = 0; i < ARRAY_LEN(t->ends); i++)
			t->ends[i] = 0;
		t->canon_head = t->tail;
		/* Input typed without ICANON becomes a line. */
		if (tty_lflag(t, ICANON) && t->head != t->tail) {
			*array_at(t->ends, POS(t->head - 1) / 64) |= bit(POS(t->head - 1) % 64);
			t->canon_head = t->head;
		}
		t->erasing = false;
		t->literal_next = false;
	}
	find_special(t);
	if (!tty_iflag(t, IXON) && (old->iflag & IXON) && !t->tco_stopped)
		tty_start_output(t);
	tty_wake_readers(t);
	waitq_wake_all(&t->writers);
}

void tty_flush_input(struct tty *t)
{
	u32 i;

	t->head = t->tail = t->canon_head = 0;
	for (i = 0; i < ARRAY_LEN(t->ends); i++)
		t->ends[i] = 0;
	tty_packet(t, 0, TIOCPKT_FLUSHREAD);
}

/* ---- room ---- */

/*
 * The number of bytes for which the ring has room. A line can be edited however long it is: if the
 * ring is full and has no complete line, the last byte is overwritten, so that an erase character
 * or the end of the line is still accepted.
 */
static size_t ring_room(struct tty *t)
{
	s32 room = (s32)(TTY_RING - (t->head - t->tail));

	if (tty_iflag(t, PARMRK))
		room = (s32)div_round_up((u32)room, 3u);
	room--;
	if (room > 0)
		return (size_t)room;
	if (!tty_lflag(t, ICANON) || t->canon_head != t->tail)
		return 0;
	if (room < 0)
		t->head--;
	return 1;
}

/* Copies a run of bytes into the ring, in two parts if it wraps. */
static void copy_raw(struct tty *t, struct cspan bytes)
{
	size_t at = POS(t->head), n = cspan_len(bytes);
	size_t first = min(n, TTY_RING - at);

	span_copy(span_from(span_of(t->ring), at), cspan_first(bytes, first));
	span_copy(span_of(t->ring), cspan_from(bytes, first));
	t->head += (u32)n;
}

/*
 * Takes bytes while the ring has room, and sends their echo at the end. The rest stays with the
 * caller, in order.
 */
size_t tty_discipline(struct tty *t, struct cspan bytes)
{
	size_t done = 0, n, i;

	while (done < cspan_len(bytes)) {
		n = min(ring_room(t), cspan_len(bytes) - done);
		if (!n)
			break;
		if (is_raw(t)) {
			copy_raw(t, cspan_sub(bytes, done, n));
		} else {
			for (i = 0; i < n; i++)
				receive_byte(t, span_byte(bytes, done + i));
		}
		done += n;
	}
	tty_echo_flush(t);
	if (done && !tty_lflag(t, ICANON))
		tty_wake_readers(t);
	return done;
}

size_t tty_input_room(const struct tty *t)
{
	return TTY_WAITING - tty_queue_len(&t->waiting);
}

void tty_pump(struct tty *t)
{
	u8 chunk[256];

	while (tty_queue_len(&t->waiting)) {
		size_t n = tty_queue_peek(&t->waiting, span_of(chunk));
		size_t used = tty_discipline(t, cspan_first(cspan_of(chunk), n));
		tty_queue_drop(&t->waiting, used);
		if (used < n)
			break;
	}
}

/* Queues input that must wait; ^S and ^Q in it act at once. */
static size_t keep_waiting(struct tty *t, struct cspan bytes)
{
	size_t i, done, from = 0;

	for (i = 0; i < cspan_len(bytes); i++) {
		u8 c = span_byte(bytes, i);
		if (!tty_iflag(t, IXON) || !c || !(is_cc(t, VSTART, c) || is_cc(t, VSTOP, c)))
			continue;
		done = tty_queue_put(&t->waiting, cspan_sub(bytes, from, i - from), TTY_WAITING);
		if (done < i - from)
			return from + done;
		(void)receive_flow(t, c);
		from = i + 1;
	}
	return from + tty_queue_put(&t->waiting, cspan_from(bytes, from), TTY_WAITING);
}

/* Input never overtakes input that waits. */
size_t tty_receive(struct tty *t, struct cspan bytes)
{
	size_t done = tty_queue_len(&t->waiting) ? 0 : tty_discipline(t, bytes);

	return done < cspan_len(bytes) ? done + keep_waiting(t, cspan_from(bytes, done)) : done;
}

#define THROTTLE_ROOM 128 /* IXOFF: a stop character is sent when this little room is left */

/* IXOFF: sends a stop character when the ring is nearly full, once. */
static void throttle(struct tty *t)
{
	u8 stop = t->termios.cc[VSTOP];

	if (t->throttled || !tty_iflag(t, IXOFF) || TTY_RING - (t->head - t->tail) >= THROTTLE_ROOM)
		return;
	if (tty_lflag(t, ICANON) && t->canon_head == t->tail)
		return; /* a line being edited never fills the ring */
	t->throttled = true;
	(void)t->driver->write(t, value_cspan(&stop));
	tty_kick(t);
}

/* Input is dropped while the terminal is not open. Returns the number of bytes taken. */
size_t tty_input(struct tty *t, struct cspan bytes)
{
	size_t n;

	mutex_lock(&t->lock);
	n = t->open_count ? tty_receive(t, bytes) : cspan_len(bytes);
	throttle(t);
	mutex_unlock(&t->lock);
	return n;
}

/* A damaged byte or a break is dropped, turned into SIGINT, or stored, with or without PARMRK. */
void tty_input_damaged(struct tty *t, u8 c, enum tty_damage what)
{
	bool is_break = what == TTY_BREAK;

	mutex_lock(&t->lock);
	if (!t->open_count || what == TTY_OVERRUN ||
		(is_break ? tty_iflag(t, IGNBRK) : tty_iflag(t, INPCK) && tty_iflag(t, IGNPAR))) {
		/* nothing */
	} else if (is_break && tty_iflag(t, BRKINT)) {
		tty_send_signal(t, SIGINT);
	} else if (!is_break && !tty_iflag(t, INPCK)) {
		(void)tty_receive(t, value_cspan(&c));
	} else if (ring_room(t)) {
		if (tty_iflag(t, PARMRK)) {
			tty_put(t, 0xff);
			tty_put(t, 0);
		}
		tty_put(t, is_break ? 0 : tty_iflag(t, PARMRK) ? c : 0);
		if (!tty_lflag(t, ICANON))
			tty_wake_readers(t);
	}
	mutex_unlock(&t->lock);
}
