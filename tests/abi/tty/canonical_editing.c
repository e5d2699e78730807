// SPDX-License-Identifier: MPL-2.0
// Canonical input: erase, kill, word erase, reprint, literal next, end of file, end of line
// characters, and their echo.
#include "../lib/t.h"
#include <termios.h>

static int m, s;

static bool ends(const char *buf, ssize_t n, const char *with)
{
	ssize_t k = (ssize_t)strlen(with);

	return n >= k && !memcmp(buf + n - k, with, (size_t)k);
}

/*
 * A pty may pass bytes on later, from another task: a line "#" follows each text, and both sides
 * are read until it has come through. @echo_end is what its echo ends in, NULL when nothing is
 * echoed.
 */
static void put(const char *what, const char *text, size_t len, const char *echo_end)
{
	char buf[512];
	ssize_t n, total = 0;

	printf("%s\n", what);
	CHECK(write(m, text, len) == (ssize_t)len);
	CHECK(write(m, "#\n", 2) == 2);
	do {
		n = read(s, buf, sizeof(buf));
		t_text("  line", buf, n);
	} while (!ends(buf, n, "#\n"));
	while (echo_end && !ends(buf, total, echo_end)) {
		n = read(m, buf + total, sizeof(buf) - (size_t)total);
		CHECK(n > 0);
		total += n;
	}
	if (echo_end)
		t_text("  echo", buf, total);
}

#define PUT(what, text)   put(what, text, sizeof(text) - 1, "#\r\n")
#define QUIET(what, text) put(what, text, sizeof(text) - 1, NULL)

int main(void)
{
	struct termios t;

	t_start();
	m = posix_openpt(O_RDWR | O_NOCTTY);
	unlockpt(m);
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
	PUT("line", "hello\n");
	PUT("carriage return", "hello\r");
	PUT("erase", "abx\177c\n");
	PUT("erase at the start", "\177\177a\n");
	PUT("kill", "junk\025good\n");
	PUT("word erase", "one two  three\027\027x\n");
	PUT("word erase, punctuation", "foo.bar \027z\n");
	PUT("literal next", "a\026\003b\026\177c\n");
	PUT("control echo", "a\001b\033c\n");
	PUT("reprint", "abc\022d\n");
	PUT("tab", "a\tb\177\177c\n");
	PUT("end of file with data", "data\004");
	PUT("end of file alone", "\004");
	PUT("two lines", "one\ntwo\n");
	PUT("nul byte", "a\0b\n");
	PUT("8 bits", "\xc3\xa9\n");
	PUT("erase without IUTF8", "\xc3\xa9\177\n");
	tcgetattr(s, &t);
	t.c_iflag |= IUTF8;
	tcsetattr(s, TCSANOW, &t);
	PUT("erase with IUTF8", "x\xc3\xa9\177\n");
	PUT("erase of three bytes", "\xe2\x82\xac\xe2\x82\xac\177\n");
	t.c_cc[VEOL] = ';';
	t.c_cc[VEOL2] = '!';
	tcsetattr(s, TCSANOW, &t);
	PUT("EOL and EOL2", "a;b!c\n");
	t.c_lflag &= ~(unsigned)ECHO;
	tcsetattr(s, TCSANOW, &t);
	QUIET("no echo", "secret\n");
	t.c_lflag |= ECHONL;
	tcsetattr(s, TCSANOW, &t);
	put("ECHONL", "secret\n", 7, "\r\n\r\n");
	t.c_lflag |= ECHO;
	t.c_lflag &= ~(unsigned)ECHOCTL;
	tcsetattr(s, TCSANOW, &t);
	PUT("no ECHOCTL", "a\001b\n");
	t.c_lflag &= ~(unsigned)(ECHOE | ECHOK | ECHOKE);
	tcsetattr(s, TCSANOW, &t);
	PUT("no ECHOE", "ab\177c\025d\n");
	t.c_lflag &= ~(unsigned)IEXTEN;
	tcsetattr(s, TCSANOW, &t);
	PUT("no IEXTEN", "a b\027\026c\n");
	return 0;
}
