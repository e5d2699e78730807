// SPDX-License-Identifier: MPL-2.0
// What erase, word erase and kill show: ECHOE, ECHOK, ECHOKE, ECHOPRT, ECHOCTL, tabs, controls,
// UTF-8.
#include "../lib/t.h"
#include <termios.h>

static int m, s;

static void type(const char *what, tcflag_t lflag, tcflag_t iflag, const char *prompt,
	const char *text)
{
	struct termios t;
	char buf[512];
	ssize_t n, total = 0;

	tcgetattr(s, &t);
	t.c_lflag = ICANON | lflag;
	t.c_iflag = iflag;
	t.c_oflag = OPOST;
	tcsetattr(s, TCSANOW, &t);
	printf("%s\n", what);
	CHECK(write(s, "\r", 1) == 1);
	CHECK(write(s, prompt, strlen(prompt)) == (ssize_t)strlen(prompt));
	CHECK(write(m, text, strlen(text)) == (ssize_t)strlen(text));
	CHECK(write(m, "~\n", 2) == 2);
	n = read(s, buf, sizeof(buf));
	t_text("  line", buf, n);
	// The echo may come later than the line; without echo there is only the prompt and this.
	CHECK(lflag & ECHO || write(s, "~\n", 2) == 2);
	do {
		n = read(m, buf + total, sizeof(buf) - (size_t)total);
		CHECK(n > 0);
		total += n;
	} while (total < 2 || memcmp(buf + total - 2, "~\n", 2));
	t_text("  shown", buf, total);
}

#define TYPE(lflag, iflag, prompt, text) type(#lflag ": " #text, lflag, iflag, prompt, text)

int main(void)
{
	t_start();
	m = posix_openpt(O_RDWR | O_NOCTTY);
	unlockpt(m);
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
#define FULL (ECHO | ECHOE | ECHOK | ECHOKE | ECHOCTL | IEXTEN)
	TYPE(FULL, 0, "", "abc\177\177\177\177x");
	TYPE(FULL, 0, "", "a\1b\177\177\177");
	TYPE(FULL & ~ECHOCTL, 0, "", "a\1b\177\177\177");
	TYPE(FULL, 0, "", "a\tb\177\177\177");
	TYPE(FULL, 0, "> ", "a\tb\177\177\177");
	TYPE(FULL, 0, "> ", "a\t\tb\177\177\177\177");
	TYPE(FULL, 0, "1234567", "\t\177");
	TYPE(FULL, 0, "12345678", "a\1\t\177\177");
	TYPE(FULL & ~ECHOCTL, 0, "", "a\1\t\177");
	TYPE(FULL, IUTF8, "", "\303\251\342\202\254\t\177\177\177");
	TYPE(FULL, 0, "", "\303\251\177\177");
	TYPE(FULL, IUTF8, "", "\251\251\177x");
	TYPE(FULL, IUTF8, "", "a\251\251\177x");
	TYPE(FULL, 0, "", "one two-three_4  \27x\27\27");
	TYPE(FULL, 0, "", "...abc...\27\27\27");
	TYPE(FULL, 0, "", "a\303\251b\27x");
	TYPE(FULL, IUTF8, "", "a \303\251b\27x");
	TYPE(FULL, 0, "", "x\327y\27\27");
	TYPE(FULL, 0, "", "a\tb\1c\25x");
	TYPE(FULL & ~ECHOKE, 0, "", "abc\25x");
	TYPE(FULL & ~ECHOK, 0, "", "abc\25x");
	TYPE(FULL & ~ECHOE, 0, "", "abc\25x\177y");
	TYPE(FULL & ~ECHOE, 0, "", "abc def\27x");
	TYPE(ECHO, 0, "", "abc\25x\177\27y");
	TYPE(ECHOE | ECHOK | ECHOKE, 0, "", "abc\25x\177y");
	TYPE(FULL | ECHOPRT, 0, "", "abcd\177\177ef\177x");
	TYPE(FULL | ECHOPRT, 0, "", "abcd\177\177\177\177x");
	TYPE(FULL | ECHOPRT, 0, "", "abc\177\177\n");
	TYPE(FULL | ECHOPRT, 0, "", "ab cd\27\27\27x");
	TYPE(FULL | ECHOPRT, IUTF8, "", "\303\251\177x");
	TYPE(FULL | ECHOPRT, 0, "", "a\1\177\22b");
	TYPE(FULL | ECHOPRT, 0, "", "ab\177\26c");
	TYPE(FULL | ECHOPRT, 0, "", "abc\25x");
	TYPE(FULL & ~IEXTEN, 0, "", "a b\27\22\26c");
	TYPE(FULL, 0, "", "ab\22\22c");
	TYPE(FULL, 0, "$ ", "a\tb\22\177\177\177");
	return 0;
}
