// SPDX-License-Identifier: MPL-2.0
/*
 * The line discipline: what input bytes mean, echo, and what output bytes become. See termios(3).
 *
 * Called with tty.lock held. Echo is collected in a small buffer and written when the input has been looked at.
 */
#include <kernel/tty.h>

#include "ldisc.h"

#define POS(i) ((i) % TTY_RING)

static void out_char(struct echo *e, char c)
{
	if (e->len < sizeof(e->text))
		e->text[e->len++] = (u8)c;
}

static bool has(const struct tty *t, u32 flag)
{
	return t->termios.lflag & flag;
}

static bool is_cc(const struct tty *t, u32 which, u8 c)
{
	return c && t->termios.cc[which] == c;
}

static void set_bit_at(struct tty *t, u32 i, bool end, bool eof)
{
	u64 b = bit(POS(i) % 64);
	u32 w = POS(i) / 64;

	t->ends[w] = end ? t->ends[w] | b : t->ends[w] & ~b;
	t->eofs[w] = eof ? t->eofs[w] | b : t->eofs[w] & ~b;
}

bool tty_ends_line(const struct tty *t, u32 i)
{
	return t->ends[POS(i) / 64] >> (POS(i) % 64) & 1;
}

bool tty_is_eof(const struct tty *t, u32 i)
{
	return t->eofs[POS(i) / 64] >> (POS(i) % 64) & 1;
}

/* ---- output ---- */

/* One byte through OPOST; up to 8 bytes into the echo buffer. */
void tty_out_byte(struct tty *t, struct echo *e, u8 c)
{
	u32 o = t->termios.oflag;

	if (!(o & OPOST)) {
		out_char(e, (char)c);
		return;
	}
	switch (c) {
	case '\n':
		if (o & ONLRET)
			t->column = 0;
		if (o & ONLCR) {
			t->column = 0;
			out_char(e, '\r');
		}
		out_char(e, '\n');
		return;
	case '\r':
		if ((o & ONOCR) && t->column == 0)
			return;
		if (o & OCRNL) {
			out_char(e, '\n');
			return;
		}
		t->column = 0;
		break;
	case '\t': {
		u32 n = 8 - (t->column & 7);
		t->column += n;
		if ((o & TABDLY) == XTABS) {
			while (n--)
				out_char(e, ' ');
			return;
		}
		break;
	}
	case '\b':
		if (t->column)
			t->column--;
		break;
	default:
		if ((o & OLCUC) && c >= 'a' && c <= 'z')
			c -= 32;
		/* Bytes in the middle of a UTF-8 character take no column. */
		if (c >= ' ' && c != 127 && !((t->termios.iflag & IUTF8) && (c & 0xc0) == 0x80))
			t->column++;
		break;
	}
	out_char(e, (char)c);
}

/* ---- echo ---- */

static bool is_control(const struct tty *t, u8 c)
{
	(void)t;
	return (c < ' ' && c != '\t' && c != '\n') || c == 127;
}

static void echo_char(struct tty *t, struct echo *e, u8 c)
{
	if (has(t, ECHOCTL) && is_control(t, c)) {
		out_char(e, '^');
		out_char(e, (char)(c ^ 0x40));
		t->column += 2;
	} else {
		tty_out_byte(t, e, c);
	}
}

static void erase_column(struct tty *t, struct echo *e)
{
	out_char(e, '\b');
	out_char(e, ' ');
	out_char(e, '\b');
	if (t->column)
		t->column--;
}

/* Column behind the bytes [line_end, upto) of the line being edited. */
static u32 column_at(const struct tty *t, u32 upto)
{
	u32 col = t->edit_column, i;

	for (i = t->line_end; i != upto; i++) {
		u8 c = t->ring[POS(i)];
		if (c == '\t')
			col = (col | 7) + 1;
		else if (is_control(t, c))
			col += has(t, ECHOCTL) ? 2 : 0;
		else if (!((t->termios.iflag & IUTF8) && (c & 0xc0) == 0x80))
			col++;
	}
	return col;
}

/* Takes the last character off the line, with all bytes of a UTF-8 one. */
static void erase_one(struct tty *t, struct echo *e)
{
	u32 col;

	do {
		t->head--;
	} while (t->head != t->line_end && (t->termios.iflag & IUTF8) && (t->ring[POS(t->head)] & 0xc0) == 0x80);
	if (!has(t, ECHO))
		return;
	if (!has(t, ECHOE)) {
		echo_char(t, e, t->termios.cc[VERASE]);
		return;
	}
	col = column_at(t, t->head);
	while (t->column > col && e->len + 3 < sizeof(e->text))
		erase_column(t, e);
}

static bool is_word(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static void erase_word(struct tty *t, struct echo *e)
{
	while (t->head != t->line_end && !is_word(t->ring[POS(t->head - 1)]))
		erase_one(t, e);
	while (t->head != t->line_end && is_word(t->ring[POS(t->head - 1)]))
		erase_one(t, e);
}

static void kill_line(struct tty *t, struct echo *e)
{
	if (has(t, ECHOKE) && has(t, ECHOE)) {
		while (t->head != t->line_end)
			erase_one(t, e);
		return;
	}
	t->head = t->line_end;
	if (has(t, ECHO)) {
		echo_char(t, e, t->termios.cc[VKILL]);
		if (has(t, ECHOK))
			tty_out_byte(t, e, '\n');
	}
}

static void reprint(struct tty *t, struct echo *e)
{
	u32 i;

	echo_char(t, e, t->termios.cc[VREPRINT]);
	tty_out_byte(t, e, '\n');
	for (i = t->line_end; i != t->head; i++)
		echo_char(t, e, t->ring[POS(i)]);
}

/* ---- input ---- */

static bool store(struct tty *t, u8 c, bool end, bool eof)
{
	/* One place stays for the end of the line. */
	if (t->head - t->tail >= TTY_RING - (end || !has(t, ICANON) ? 0 : 1))
		return false;
	t->ring[POS(t->head)] = c;
	set_bit_at(t, t->head, end, eof);
	t->head++;
	return true;
}

/* Signal characters; true when @c was one. */
static bool input_signal(struct tty *t, struct echo *e, u8 c)
{
	s32 signo = is_cc(t, VINTR, c) ? SIGINT : is_cc(t, VQUIT, c) ? SIGQUIT : is_cc(t, VSUSP, c) ? SIGTSTP : 0;

	if (!signo)
		return false;
	if (!has(t, NOFLSH)) {
		t->head = t->tail = t->line_end = 0;
		t->output_stopped = false;
	}
	if (has(t, ECHO))
		echo_char(t, e, c);
	e->signo = signo;
	return true;
}

/* Editing in canonical mode; true when @c was taken as a command. */
static bool input_edit(struct tty *t, struct echo *e, u8 c)
{
	if (is_cc(t, VERASE, c)) {
		if (t->head != t->line_end)
			erase_one(t, e);
	} else if (is_cc(t, VKILL, c)) {
		kill_line(t, e);
	} else if (is_cc(t, VWERASE, c) && has(t, IEXTEN)) {
		erase_word(t, e);
	} else if (is_cc(t, VLNEXT, c) && has(t, IEXTEN)) {
		t->literal_next = true;
		if (has(t, ECHO) && has(t, ECHOCTL)) {
			out_char(e, '^');
			out_char(e, '\b');
		}
	} else if (is_cc(t, VREPRINT, c) && has(t, IEXTEN) && has(t, ECHO)) {
		reprint(t, e);
	} else if (is_cc(t, VEOF, c)) {
		if (store(t, 0, true, true))
			t->line_end = t->head;
		e->lines = true;
	} else {
		return false;
	}
	return true;
}

static void input_line_end(struct tty *t, struct echo *e, u8 c)
{
	if (has(t, ECHO) || (c == '\n' && has(t, ECHONL)))
		echo_char(t, e, c);
	if (store(t, c, true, false))
		t->line_end = t->head;
	t->edit_column = t->column;
	e->lines = true;
}

static void input_plain(struct tty *t, struct echo *e, u8 c)
{
	if (t->head == t->line_end)
		t->edit_column = t->column;
	if (!store(t, c, false, false)) {
		if (t->termios.iflag & IMAXBEL)
			out_char(e, '\a');
		return;
	}
	if (has(t, ECHO))
		echo_char(t, e, c);
	if (!has(t, ICANON)) {
		t->line_end = t->head;
		e->lines = true;
	}
}

void tty_in_byte(struct tty *t, struct echo *e, u8 c)
{
	u32 in = t->termios.iflag;

	if (in & ISTRIP)
		c &= 0x7f;
	if (t->literal_next) {
		t->literal_next = false;
		input_plain(t, e, c);
		return;
	}
	if (c == '\r') {
		if (in & IGNCR)
			return;
		if (in & ICRNL)
			c = '\n';
	} else if (c == '\n' && (in & INLCR)) {
		c = '\r';
	}
	if (in & IXON) {
		if (is_cc(t, VSTOP, c)) {
			t->output_stopped = true;
			return;
		}
		if (is_cc(t, VSTART, c) || (t->output_stopped && (in & IXANY))) {
			t->output_stopped = false;
			e->restarted = true;
			if (is_cc(t, VSTART, c))
				return;
		}
	}
	if (has(t, ISIG) && input_signal(t, e, c))
		return;
	if (has(t, ICANON)) {
		if (input_edit(t, e, c))
			return;
		if (c == '\n' || is_cc(t, VEOL, c) || (is_cc(t, VEOL2, c) && has(t, IEXTEN))) {
			input_line_end(t, e, c);
			return;
		}
	}
	input_plain(t, e, c);
}
