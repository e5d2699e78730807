// SPDX-License-Identifier: MPL-2.0
// Lines longer than 4095 bytes, reads shorter than a line, end of file in the middle, switching out
// of canonical mode.
#include "../lib/t.h"
#include <termios.h>

static char big[5000], got[6000];
static int m, s;

// Types @text and waits until the reader would not block.
static void type(const char *text)
{
	struct pollfd p = { .fd = s, .events = POLLIN };

	CHECK(write(m, text, strlen(text)) == (ssize_t)strlen(text));
	CHECK(poll(&p, 1, 20000) == 1);
}

int main(void)
{
	struct termios t;
	int n;

	t_start();
	m = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	unlockpt(m);
	s = open(ptsname(m), O_RDWR | O_NOCTTY | O_NONBLOCK);
	tcgetattr(s, &t);
	t.c_lflag &= ~(unsigned)ECHO;
	tcsetattr(s, TCSANOW, &t);
	type("a longer line\n");
	T(read(s, got, 5));
	T(read(s, got, 5));
	T(read(s, got, 100));
	t_text("rest", got, 4);
	type("abc\004");
	T(read(s, got, 100));
	type("def\n");
	T(read(s, got, 100));
	type("ab\004");
	T(read(s, got, 2));
	T(read(s, got, 100));
	type("\004");
	T(read(s, got, 100));
	type("x\n");
	T(read(s, got, 100));
	write(m, "half", 4);
	T(read(s, got, 100));
	t.c_lflag &= ~(unsigned)ICANON;
	tcsetattr(s, TCSANOW, &t);
	IS(UNTIL(ioctl(s, FIONREAD, &n) == 0 && n == 4));
	T(read(s, got, 100));
	t.c_lflag |= ICANON;
	tcsetattr(s, TCSANOW, &t);
	memset(big, 'b', 3000);
	big[3000] = '\n';
	type(big);
	n = (int)read(s, got, sizeof(got));
	SHOW(n);
	return 0;
}
