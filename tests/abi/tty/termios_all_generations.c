// SPDX-License-Identifier: MPL-2.0
// TCGETA, TCGETS and TCGETS2, speeds and BOTHER, locked attributes, what a pty does not change, bad
// pointers.
#include "../lib/t.h"

#include <asm/termbits.h>
#define TCGETS_   0x5401
#define TCSETS_   0x5402
#define TCGETA_   0x5405
#define TCSETA_   0x5406
#define TIOCGLCK  0x5456
#define TIOCSLCK  0x5457
#define TIOCGSOFT 0x5419
#define TIOCSSOFT 0x541a

struct old_termio {
	unsigned short iflag, oflag, cflag, lflag;
	unsigned char line, cc[8];
};

static int m, s;

static void show(void)
{
	struct termios2 t;

	CHECK(ioctl(s, TCGETS2, &t) == 0);
	printf("  %#o %#o %#o %#o line %d speeds %u %u cc", t.c_iflag, t.c_oflag, t.c_cflag,
		t.c_lflag, t.c_line, t.c_ispeed, t.c_ospeed);
	for (unsigned i = 0; i < NCCS; i++)
		printf(" %d", t.c_cc[i]);
	printf("\n");
}

int main(void)
{
	struct termios2 t2, was;
	struct termios t;
	struct old_termio o;
	int n;

	t_start();
	m = posix_openpt(O_RDWR | O_NOCTTY);
	unlockpt(m);
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
	show();
	T(ioctl(s, TCGETA_, &o));
	printf("termio %#o %#o %#o %#o line %d cc", o.iflag, o.oflag, o.cflag, o.lflag, o.line);
	for (int i = 0; i < 8; i++)
		printf(" %d", o.cc[i]);
	printf("\n");
	T(ioctl(s, TCGETS_, &t));
	T(ioctl(m, TCGETS2, &was));
	IS(!memcmp(&t, &was, sizeof(t) < 36 ? sizeof(t) : 36));
	static const unsigned speeds[] = { B0, B50, B134, B9600, B38400, B57600, B115200, B4000000,
		0xf | CBAUDEX };
	for (unsigned i = 0; i < T_LEN(speeds); i++) {
		t.c_cflag = (t.c_cflag & ~(CBAUD | CIBAUD)) | speeds[i];
		TL("TCSETS speed", ioctl(s, TCSETS_, &t));
		show();
	}
	t2 = was;
	t2.c_cflag = (t2.c_cflag & ~CBAUD) | BOTHER;
	t2.c_ispeed = 1234;
	t2.c_ospeed = 5678;
	T(ioctl(s, TCSETS2, &t2));
	show();
	t2.c_cflag |= BOTHER << IBSHIFT;
	T(ioctl(s, TCSETSW2, &t2));
	show();
	t2.c_cflag = (t2.c_cflag & ~(CBAUD | CIBAUD)) | B9600 | (B1200 << IBSHIFT);
	T(ioctl(s, TCSETSF2, &t2));
	show();
	T(ioctl(m, TCSETS2, &was));
	show();
	// Eight bits, no parity, reader on: a pty has nothing else.
	t2 = was;
	t2.c_cflag = CS5 | PARENB | PARODD | CSTOPB | CLOCAL | HUPCL | CRTSCTS | B9600;
	t2.c_line = 7;
	T(ioctl(s, TCSETS2, &t2));
	show();
	t2 = was;
	t2.c_iflag = t2.c_oflag = ~0u;
	t2.c_lflag = ~(unsigned)EXTPROC;
	memset(t2.c_cc, 0xfe, sizeof(t2.c_cc));
	T(ioctl(s, TCSETS2, &t2));
	show();
	// The old form leaves the high halves and the later characters.
	memset(&o, 0, sizeof(o));
	o.cflag = B300 | CS8 | CREAD;
	T(ioctl(s, TCSETA_, &o));
	show();
	T(ioctl(s, TCSETS2, &was));
	T(ioctl(s, TIOCGSOFT, &n));
	SHOW(n);
	n = 5;
	T(ioctl(s, TIOCSSOFT, &n));
	T(ioctl(s, TIOCGSOFT, &n));
	SHOW(n);
	n = 0;
	T(ioctl(m, TIOCSSOFT, &n));
	show();
	// Locked attributes.
	memset(&t, 0, sizeof(t));
	T(ioctl(s, TIOCGLCK, &t));
	IS(t.c_iflag == 0 && t.c_lflag == 0 && t.c_cc[VINTR] == 0);
	t.c_lflag = ECHO | ICANON;
	t.c_cc[VINTR] = 1;
	T(ioctl(s, TIOCSLCK, &t));
	t2 = was;
	t2.c_lflag = 0;
	t2.c_cc[VINTR] = 7;
	t2.c_cc[VQUIT] = 7;
	T(ioctl(s, TCSETS2, &t2));
	show();
	IN_CHILD("user", {
		t_drop_root(1000);
		T(ioctl(s, TIOCGLCK, &t));
		T(ioctl(s, TIOCSLCK, &t));
		T(ioctl(s, TCSETS2, &was));
	});
	memset(&t, 0, sizeof(t));
	T(ioctl(m, TIOCSLCK, &t));
	// Bad pointers.
	static const unsigned calls[] = { TCGETS_, TCSETS_, TCGETA_, TCSETA_, TCGETS2, TCSETS2,
		TCSETSW2, TCSETSF2, TIOCGLCK, TIOCSLCK, TIOCGSOFT, TIOCSSOFT };
	for (unsigned i = 0; i < T_LEN(calls); i++) {
		TL("bad pointer, slave", ioctl(s, calls[i], 1));
		TL("bad pointer, master", ioctl(m, calls[i], 1));
	}
	return 0;
}
