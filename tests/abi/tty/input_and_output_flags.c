// SPDX-License-Identifier: MPL-2.0
// ICRNL, INLCR, IGNCR, ISTRIP, IUCLC; OPOST with ONLCR, OCRNL, ONOCR, ONLRET, OLCUC and tabs.
#include "../lib/t.h"
#include <termios.h>

static int m, s;
static struct termios base;

// Up to the sign that ends each text.
static void show(const char *what, int fd)
{
	char buf[128];
	ssize_t n = 0, r;

	do {
		r = read(fd, buf + n, sizeof(buf) - (size_t)n);
		CHECK(r > 0);
		n += r;
	} while (buf[n - 1] != '#');
	t_text(what, buf, n);
}

static void in(const char *what, unsigned set, unsigned clear)
{
	struct termios t = base;

	t.c_iflag |= set;
	t.c_iflag &= ~clear;
	t.c_lflag &= ~(unsigned)(ICANON | ECHO | ISIG);
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	CHECK(tcsetattr(s, TCSAFLUSH, &t) == 0);
	CHECK(write(m, "Aa\r\nB\xc1\n#", 8) == 8);
	show(what, s);
}

static void out(const char *what, unsigned set, unsigned clear)
{
	struct termios t = base;

	t.c_oflag |= set;
	t.c_oflag &= ~clear;
	CHECK(tcsetattr(s, TCSAFLUSH, &t) == 0);
	CHECK(write(s, "\rAb\tc\r\nd\n\r#", 11) == 11);
	show(what, m);
}

int main(void)
{
	t_start();
	m = posix_openpt(O_RDWR | O_NOCTTY);
	unlockpt(m);
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
	tcgetattr(s, &base);
	in("as it is", 0, 0);
	in("no ICRNL", 0, ICRNL);
	in("INLCR", INLCR, ICRNL);
	in("INLCR and ICRNL", INLCR, 0);
	in("IGNCR", IGNCR, 0);
	in("ISTRIP", ISTRIP, 0);
	in("IUCLC", IUCLC, 0);
	out("output as it is", 0, 0);
	out("no OPOST", 0, OPOST);
	out("no ONLCR", 0, ONLCR);
	out("OCRNL", OCRNL, ONLCR);
	out("ONOCR", ONOCR, ONLCR);
	out("ONLRET", ONLRET, ONLCR);
	out("OLCUC", OLCUC, 0);
	out("XTABS", XTABS, 0);
	return 0;
}
