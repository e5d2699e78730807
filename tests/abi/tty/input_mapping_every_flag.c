// SPDX-License-Identifier: MPL-2.0
// ISTRIP, IUCLC, INLCR, ICRNL, IGNCR, PARMRK, IUTF8 and their order; with and without ICANON, echo
// and literal next.
#include "../lib/t.h"
#include <termios.h>

static int m, s;

// Reads until @end has come, the last byte of it all.
static void get(const char *what, int fd, char end)
{
	char buf[256];
	ssize_t n, total = 0;

	do {
		n = read(fd, buf + total, sizeof(buf) - (size_t)total);
		CHECK(n > 0);
		total += n;
	} while (buf[total - 1] != end);
	t_text(what, buf, total);
}

static void type(const char *what, tcflag_t iflag, tcflag_t lflag, const char *text, size_t len)
{
	struct termios t;

	tcgetattr(s, &t);
	t.c_iflag = iflag;
	t.c_lflag = lflag;
	t.c_oflag = 0;
	CHECK(tcsetattr(s, TCSAFLUSH, &t) == 0);
	tcflush(m, TCIFLUSH);
	printf("%s\n", what);
	CHECK(write(m, text, len) == (ssize_t)len);
	// Bytes that no flag changes.
	CHECK(write(m, "#\004", lflag & ICANON ? 2 : 1) > 0);
	get("  got", s, '#');
	if (lflag & ECHO)
		get("  echo", m, '#');
	else if ((lflag & ECHONL) && (lflag & ICANON))
		get("  echo", m, '\n');
}

#define TYPE(iflag, lflag, text) type(#iflag " | " #lflag, iflag, lflag, text, sizeof(text) - 1)

int main(void)
{
	t_start();
	m = posix_openpt(O_RDWR | O_NOCTTY);
	unlockpt(m);
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
	TYPE(0, 0, "a\r\n\3\4\21\23\26\177\0\377");
	TYPE(ISTRIP, 0, "\xe1\x8d\x8a\xffz");
	TYPE(ISTRIP | ICRNL, 0, "a\x8d\x8a");
	TYPE(IUCLC, 0, "ABC\xc3\x89");
	TYPE(IUCLC, IEXTEN, "ABCxyz[]\xc0\xc9\xd7\xde\xdf");
	TYPE(IUCLC | ISTRIP, IEXTEN, "\xc1\xc2");
	TYPE(INLCR, 0, "a\r\nb");
	TYPE(ICRNL, 0, "a\r\nb");
	TYPE(IGNCR, 0, "a\r\nb");
	TYPE(IGNCR | ICRNL | INLCR, 0, "a\r\nb");
	TYPE(ICRNL | INLCR, 0, "a\r\nb");
	TYPE(PARMRK, 0, "a\377\377b\0");
	TYPE(PARMRK | ISTRIP, 0, "a\377b");
	TYPE(PARMRK | IGNPAR | INPCK, 0, "a\377b");
	TYPE(0, ECHO, "a\r\n\tb\1\33");
	TYPE(0, ECHO | ECHOCTL, "a\r\n\tb\1\33\177\200\377");
	TYPE(ICRNL, ECHO | ECHOCTL, "a\r\nb");
	TYPE(INLCR, ECHO | ECHOCTL, "a\r\nb");
	TYPE(0, ECHONL, "a\nb");
	TYPE(0, ICANON, "a\rb\n");
	TYPE(ICRNL, ICANON, "a\rb\n");
	TYPE(INLCR, ICANON, "a\rb\nc");
	TYPE(IGNCR, ICANON | ECHO, "a\rb\nc");
	TYPE(0, ICANON | ECHO, "a\rb\n");
	TYPE(0, ICANON | ECHO | ECHOCTL, "a\rb\n\tc\3\34\n");
	TYPE(0, ICANON | ECHONL, "a\rb\n");
	TYPE(PARMRK, ICANON, "a\377b\n");
	TYPE(0, ICANON | IEXTEN | ECHO | ECHOCTL, "a\26\n\26\4\26\26b\n");
	TYPE(ICRNL, ICANON | IEXTEN | ECHO | ECHOCTL, "a\26\rb\n");
	TYPE(ISTRIP, ICANON | IEXTEN, "a\x96\x83\n");
	TYPE(0, ICANON | IEXTEN | ECHO | ECHOCTL, "\26");
	TYPE(IXON, 0, "a\23b\21c");
	TYPE(IXON, ICANON | IEXTEN, "a\26\23b\26\21\n");
	TYPE(0, ISIG, "a\3b\34c\32d");
	TYPE(0, ISIG | NOFLSH, "a\3b\34c\32d");
	TYPE(0, ISIG | ECHO | ECHOCTL, "a\3b");
	TYPE(0, ISIG | ECHO, "a\3b");
	TYPE(0, ICANON | IEXTEN | ISIG, "a\26\3b\n");
	return 0;
}
