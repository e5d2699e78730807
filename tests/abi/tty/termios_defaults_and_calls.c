// SPDX-License-Identifier: MPL-2.0
// The settings of a new pty, TCSETS variants, TCFLSH, TIOCINQ and OUTQ, bad requests.
#include "../lib/t.h"
#include <termios.h>

struct ktermios {
	unsigned iflag, oflag, cflag, lflag;
	unsigned char line, cc[19];
};

int main(void)
{
	struct ktermios k, k2;
	struct termios t;
	char buf[64];
	int n;

	t_start();
	int m = posix_openpt(O_RDWR | O_NOCTTY);
	unlockpt(m);
	int s = open(ptsname(m), O_RDWR | O_NOCTTY);
	T(ioctl(s, TCGETS, &k));
	printf("iflag %#o oflag %#o cflag %#o lflag %#o line %d\n", k.iflag, k.oflag, k.cflag,
		k.lflag, k.line);
	t_hex("cc", k.cc, 17);
	T(ioctl(m, TCGETS, &k2));
	IS(!memcmp(&k, &k2, sizeof(k)));
	k.lflag &= ~(unsigned)ECHO;
	T(ioctl(s, TCSETS, &k));
	T(ioctl(m, TCGETS, &k2));
	IS((k2.lflag & ECHO) == 0);
	T(write(m, "typed", 5));
	T(ioctl(s, FIONREAD, &n));
	SHOW(n);
	T(write(m, "\n", 1));
	IS(UNTIL(ioctl(s, FIONREAD, &n) == 0 && n == 6));
	T(ioctl(s, TCSETSF, &k));
	T(ioctl(s, FIONREAD, &n));
	SHOW(n);
	write(m, "kept\n", 5);
	IS(UNTIL(ioctl(s, FIONREAD, &n) == 0 && n == 5));
	T(ioctl(s, TCSETSW, &k));
	T(ioctl(s, FIONREAD, &n));
	SHOW(n);
	T(tcflush(s, TCIFLUSH));
	T(ioctl(s, FIONREAD, &n));
	SHOW(n);
	T(ioctl(s, TCFLSH, 9));
	T(tcdrain(s));
	T(tcsendbreak(s, 0));
	T(ioctl(s, TCGETS, NULL));
	T(ioctl(s, TCSETS, (void *)8));
	T(ioctl(s, 0x54ff, &n));
	T(tcgetattr(0, &t));
	T(tcgetattr(99, &t));
	T(tcgetattr(s, &t));
	T(cfgetospeed(&t) == B38400);
	T(cfsetospeed(&t, B9600));
	T(tcsetattr(s, TCSANOW, &t));
	T(write(s, "out\n", 4));
	n = 0;
	do {
		n += (int)read(m, buf + n, sizeof(buf) - (size_t)n);
	} while (buf[n - 1] != '\n');
	t_text("master reads", buf, n);
	return 0;
}
