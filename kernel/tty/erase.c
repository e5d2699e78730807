// SPDX-License-Identifier: MPL-2.0
/*
 * Editing of the current line: erase, word erase and kill, and their echo. See termios(3).
 *
 * Erasing removes characters from the end of [canon_head, head) in the ring. The echo must undo
 * what the characters have shown: one column for most of them, two for a control character with
 * ECHOCTL, none for a continuation byte of UTF-8, and for a tab as many as lead back to where it
 * began. With ECHOPRT nothing is undone: erased characters are printed again.
 */
#include "core.h"

#define RING(t, i) ((t)->ring[(i) % TTY_RING])

enum erase_kind { ERASE_ONE, ERASE_WORD, ERASE_LINE };

static bool is_word(u8 c)
{
	return (c >= '0' && c <= '9') || tty_is_upper(c) || tty_is_lower(c) || c == '_';
}

/*
 * Echoes the erasure of a tab: it took the columns from the text before it to the next multiple of
 * eight. Columns count from the last tab, or from the beginning of the line.
 */
static void show_tab_erased(struct tty *t)
{
	u32 columns = 0, i;
	bool after_tab = false;

	for (i = t->head; i != t->canon_head && !after_tab; i--) {
		u8 c = RING(t, i - 1);
		if (c == '\t')
			after_tab = true;
		else if (tty_is_control(c))
			columns += tty_lflag(t, ECHOCTL) ? 2 : 0;
		else if (!tty_is_continuation(t, c))
			columns++;
	}
	tty_echo_erase_tab(t, columns, after_tab);
}

static void show_column_erased(struct tty *t)
{
	tty_echo_raw(t, '\b');
	tty_echo_raw(t, ' ');
	tty_echo_raw(t, '\b');
}

/* ECHOPRT, for printing terminals: erased characters are printed again, between \ and /. */
static void show_printed(struct tty *t, u8 c, u32 len)
{
	u32 i;

	if (!t->erasing) {
		tty_echo_raw(t, '\\');
		t->erasing = true;
	}
	tty_echo_char(t, c);
	for (i = 1; i < len; i++) {
		tty_echo_raw(t, RING(t, t->head + i));
		if (t->column)
			t->column--;
	}
}

/* Echoes the erasure of character @c, of @len bytes, which has left the line. */
static void show_erased(struct tty *t, enum erase_kind kind, u8 c, u32 len)
{
	if (tty_lflag(t, ECHOPRT)) {
		show_printed(t, c, len);
	} else if (kind == ERASE_ONE && !tty_lflag(t, ECHOE)) {
		tty_echo_char(t, t->termios.cc[VERASE]);
	} else if (c == '\t') {
		show_tab_erased(t);
	} else {
		if (tty_is_control(c) && tty_lflag(t, ECHOCTL))
			show_column_erased(t);
		if (!tty_is_control(c) || tty_lflag(t, ECHOCTL))
			show_column_erased(t);
	}
}

/* Kill without erasure on the screen: the line is dropped, and the kill character is echoed. */
static void forget_line(struct tty *t)
{
	t->head = t->canon_head;
	if (!tty_lflag(t, ECHO))
		return;
	tty_echo_finish_erasing(t);
	tty_echo_char(t, t->termios.cc[VKILL]);
	if (tty_lflag(t, ECHOK))
		tty_echo_raw(t, '\n');
}

/*
 * Erases one character, or the last word, or all characters of the line. With IUTF8, continuation
 * bytes are erased together with their first byte.
 */
static void erase_characters(struct tty *t, enum erase_kind kind)
{
	bool in_word = false;

	while (t->head != t->canon_head) {
		u32 at = t->head, len;
		u8 c;
		do {
			at--;
			c = RING(t, at);
		} while (tty_is_continuation(t, c) && at != t->canon_head);
		if (tty_is_continuation(t, c))
			break; /* continuation bytes without a first byte: not a character */
		if (kind == ERASE_WORD) {
			if (is_word(c))
				in_word = true;
			else if (in_word)
				break;
		}
		len = t->head - at;
		t->head = at;
		if (tty_lflag(t, ECHO))
			show_erased(t, kind, c, len);
		if (kind == ERASE_ONE)
			break;
	}
}

/*
 * A kill shows the erasure character by character only if ECHO, ECHOE, ECHOK and ECHOKE are all
 * set.
 */
void tty_erase(struct tty *t, u8 c)
{
	enum erase_kind kind = c == t->termios.cc[VERASE] ? ERASE_ONE
		: c == t->termios.cc[VWERASE]             ? ERASE_WORD
							  : ERASE_LINE;
	u32 visible = ECHO | ECHOE | ECHOK | ECHOKE;

	if (t->head == t->canon_head)
		return;
	if (kind == ERASE_LINE && (t->termios.lflag & visible) != visible) {
		forget_line(t);
		return;
	}
	erase_characters(t, kind);
	if (t->head == t->canon_head && tty_lflag(t, ECHO))
		tty_echo_finish_erasing(t);
}
