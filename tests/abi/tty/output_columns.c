// SPDX-License-Identifier: MPL-2.0
// OPOST: ONLCR, OCRNL, ONOCR, ONLRET, OLCUC, XTABS, and the column they go by.
#include "../lib/t.h"
#include <termios.h>

static int m, s;

static void out(const char *what, tcflag_t oflag, tcflag_t iflag, const char *text, size_t len)
{
	struct termios t;
	char buf[512];
	ssize_t n, total = 0;

	tcgetattr(s, &t);
	t.c_oflag = 0;
	t.c_iflag = iflag;
	tcsetattr(s, TCSANOW, &t);
	// Back to column 0 for whatever came before, in a way that leaves no mode.
	t.c_oflag = OPOST;
	tcsetattr(s, TCSANOW, &t);
	CHECK(write(s, "\r<", 2) == 2);
	t.c_oflag = oflag;
	tcsetattr(s, TCSANOW, &t);
	printf("%s: write %zd\n", what, write(s, text, len));
	t.c_oflag = 0;
	tcsetattr(s, TCSANOW, &t);
	CHECK(write(s, ">", 1) == 1);
	do {
		n = read(m, buf + total, sizeof(buf) - (size_t)total);
		CHECK(n > 0);
		total += n;
	} while (buf[total - 1] != '>');
	t_text("  master", buf, total);
}

#define OUT(oflag, iflag, text) out(#oflag " " #iflag, oflag, iflag, text, sizeof(text) - 1)

int main(void)
{
	t_start();
	m = posix_openpt(O_RDWR | O_NOCTTY);
	unlockpt(m);
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
	OUT(0, 0, "a\nb\r\tc\n");
	OUT(OPOST, 0, "a\nb\r\tc\n");
	OUT(OPOST | ONLCR, 0, "a\nb\r\n\n");
	OUT(OPOST | OCRNL, 0, "a\rb\r\n");
	OUT(OPOST | OCRNL | ONLCR, 0, "a\rb\n");
	OUT(OPOST | ONOCR, 0, "\ra\r\rb\r");
	OUT(OPOST | ONOCR | ONLCR, 0, "a\n\rb\r");
	OUT(OPOST | ONOCR | ONLRET, 0, "a\n\rb\r");
	OUT(OPOST | ONLRET, 0, "ab\n\tx");
	OUT(OPOST | OCRNL | ONLRET | ONOCR, 0, "ab\r\rc");
	OUT(OPOST | OLCUC, 0, "abc XYZ \xe9\xdf\xf7\xff");
	OUT(OLCUC, 0, "abc");
	OUT(OPOST | XTABS, 0, "\ta\tbb\tccccccc\tcccccccc\t");
	OUT(OPOST | XTABS, 0, "abc\b\b\tx\n\ty\r\tz");
	OUT(OPOST | XTABS | ONLCR, 0, "abc\n\tx\n");
	OUT(OPOST | XTABS, 0, "\1\2\33\t\177\t");
	OUT(OPOST | XTABS, 0, "\xc3\xa9\t\xe2\x82\xac\t");
	OUT(OPOST | XTABS, IUTF8, "\xc3\xa9\t\xe2\x82\xac\t");
	OUT(OPOST | XTABS, 0, "\b\b\b\t");
	OUT(OPOST | TAB1, 0, "\ta");
	OUT(OPOST | NLDLY | CRDLY | BSDLY | VTDLY | FFDLY, 0, "a\n\r\b\v\f");
	OUT(OPOST | OFILL | OFDEL, 0, "a\n\t\b");
	// Echo and output share the column.
	struct termios t;
	char buf[256];
	tcgetattr(s, &t);
	t.c_oflag = OPOST | ONLCR | XTABS;
	t.c_iflag = ICRNL;
	tcsetattr(s, TCSANOW, &t);
	CHECK(write(s, "\nab", 3) == 3);
	CHECK(write(m, "cd\t\177e\n", 6) == 6);
	ssize_t n, total = 0;
	while (total < 4 || memcmp(buf + total - 2, "\r\n", 2) || total < 10) {
		n = read(m, buf + total, sizeof(buf) - (size_t)total);
		CHECK(n > 0);
		total += n;
	}
	t_text("tab erased behind output", buf, total);
	return 0;
}
