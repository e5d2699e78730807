// SPDX-License-Identifier: MPL-2.0
// TIOCPKT prefixes reads of the master, TIOCEXCL keeps others out, TIOCSTI needs rights, flow
// control.
#include "../lib/t.h"
#include <termios.h>

static int m, s;

// What the master reads, once there is something.
static void packet(const char *what)
{
	struct pollfd p = { .fd = m, .events = POLLIN };
	char buf[64];

	CHECK(poll(&p, 1, 20000) == 1);
	ssize_t n = read(m, buf, sizeof(buf));
	t_hex(what, buf, (size_t)(n > 0 ? n : 0));
}

int main(void)
{
	struct termios t;
	char buf[64];
	int on = 1, n;

	t_start();
	m = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	unlockpt(m);
	s = open(ptsname(m), O_RDWR | O_NOCTTY | O_NONBLOCK);
	T(ioctl(m, TIOCPKT, &on));
	T(ioctl(s, TIOCPKT, &on));
	n = 0;
	T(ioctl(m, TIOCGPKT, &n));
	SHOW(n);
	write(s, "data", 4);
	packet("packet");
	T(tcflush(s, TCIFLUSH));
	packet("flush");
	tcgetattr(s, &t);
	t.c_iflag &= ~(unsigned)IXON;
	tcsetattr(s, TCSANOW, &t);
	packet("IXON off");
	struct pollfd p = { m, POLLIN | POLLPRI, 0 };
	T(poll(&p, 1, 0));
	on = 0;
	T(ioctl(m, TIOCPKT, &on));
	t.c_iflag |= IXON;
	tcsetattr(s, TCSANOW, &t);
	write(m, "\023", 1);
	struct pollfd out = { s, POLLOUT, 0 };
	T(UNTIL(poll(&out, 1, 0) == 0));
	T(write(s, "held", 4));
	T(read(m, buf, sizeof(buf)));
	write(m, "\021", 1);
	T(UNTIL((n = (int)write(s, "go", 2)) == 2));
	packet("after ^Q");
	T(tcflow(s, TCOOFF));
	T(write(s, "x", 1));
	T(tcflow(s, TCOON));
	T(ioctl(s, TIOCEXCL));
	IN_CHILD("user", {
		chmod(ptsname(m), 0666);
		t_drop_root(1000);
		T(open(ptsname(m), O_RDWR | O_NOCTTY));
	});
	T(ioctl(s, TIOCNXCL));
	IN_CHILD("user", {
		chmod(ptsname(m), 0666);
		t_drop_root(1000);
		T(open(ptsname(m), O_RDWR | O_NOCTTY) >= 0);
	});
	return 0;
}
