// SPDX-License-Identifier: MPL-2.0
// ^S and ^Q, tcflow, IXANY, what restarts output; tcflush and TCSAFLUSH on both sides; packet mode
// tells of it.
#include "../lib/t.h"
#include <termios.h>

static int m, s;
static char buf[30000];

static int events(int fd)
{
	struct pollfd p = { fd, POLLIN | POLLOUT | POLLPRI, 0 };

	poll(&p, 1, 0);
	return p.revents;
}

static void settle(int fd, int want)
{
	int n = -1;

	if (!UNTIL(ioctl(fd, FIONREAD, &n) == 0 && n == want))
		printf("  %d bytes, not %d\n", n, want);
}

static void flags(tcflag_t iflag, tcflag_t lflag)
{
	struct termios t;

	tcgetattr(s, &t);
	t.c_iflag = iflag;
	t.c_lflag = lflag;
	t.c_oflag = 0;
	tcsetattr(s, TCSANOW, &t);
}

static void get(const char *what)
{
	ssize_t n = read(m, buf, sizeof(buf));

	if (n < 0)
		printf("%s: %s\n", what, t_errname(errno));
	else
		t_text(what, buf, n);
}

// What the master reads once it can.
static void wait_get(const char *what)
{
	struct pollfd p = { m, POLLIN, 0 };

	poll(&p, 1, 20000);
	get(what);
}

int main(void)
{
	int on = 1;

	t_start();
	m = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	unlockpt(m);
	s = open(ptsname(m), O_RDWR | O_NOCTTY | O_NONBLOCK);
	flags(IXON | IXANY, ICANON | ECHO | ISIG);
	T(write(m, "\023", 1));
	T(UNTIL(!(events(s) & POLLOUT)));
	T(write(s, "held", 4));
	T(write(m, "x", 1));
	wait_get("IXANY restarts, then echoes");
	T(write(s, "a", 1));
	wait_get("output");
	flags(IXON, ICANON | ECHO | ISIG);
	T(write(m, "\023", 1));
	T(UNTIL(!(events(s) & POLLOUT)));
	T(write(m, "y", 1));
	t_yield();
	get("echo while stopped");
	T(write(m, "\021", 1));
	wait_get("echo after ^Q");
	T(write(m, "\023", 1));
	T(UNTIL(!(events(s) & POLLOUT)));
	T(write(m, "z\003", 2));
	wait_get("^C restarts");
	SHOWX(events(s));
	T(write(m, "\023", 1));
	T(UNTIL(!(events(s) & POLLOUT)));
	flags(0, ICANON | ECHO | ISIG);
	SHOWX(events(s));
	// tcflow from the program.
	flags(IXON, ICANON | ECHO | ISIG);
	T(tcflow(s, TCOOFF));
	SHOWX(events(s));
	T(write(m, "\021", 1));
	t_yield();
	SHOWX(events(s));
	T(write(s, "b", 1));
	flags(0, ICANON | ECHO | ISIG);
	SHOWX(events(s));
	T(tcflow(s, TCOOFF));
	T(tcflow(s, TCOON));
	SHOWX(events(s));
	T(tcflow(s, TCOON));
	T(tcflow(s, TCIOFF));
	wait_get("TCIOFF");
	T(tcflow(s, TCION));
	wait_get("TCION");
	T(tcflow(s, 4));
	T(tcflow(s, -1));
	T(tcflow(m, TCOOFF));
	SHOWX(events(m));
	T(write(m, "q", 1));
	T(tcflow(m, TCOON));
	T(write(m, "q\n", 2));
	settle(s, 2);
	settle(m, 2);
	get("echo");
	T(tcflow(m, TCIOFF));
	wait_get("echo of a stop character");
	// Flushing.
	T(tcflush(s, TCIFLUSH));
	T(ioctl(s, FIONREAD, &on));
	SHOW(on);
	flags(0, 0);
	T(write(m, "abc", 3));
	settle(s, 3);
	T(tcflush(s, TCOFLUSH));
	settle(s, 3);
	T(tcflush(s, TCIOFLUSH));
	settle(s, 0);
	T(write(m, "abc", 3));
	settle(s, 3);
	struct termios t;
	tcgetattr(s, &t);
	T(tcsetattr(s, TCSADRAIN, &t));
	settle(s, 3);
	T(tcsetattr(s, TCSAFLUSH, &t));
	settle(s, 0);
	T(write(s, "out", 3));
	settle(m, 3);
	T(tcflush(s, TCOFLUSH));
	settle(m, 3);
	T(tcflush(m, TCOFLUSH));
	settle(m, 3);
	T(tcflush(m, TCIFLUSH));
	settle(m, 0);
	T(tcflush(s, 3));
	T(tcflush(m, 3));
	T(tcdrain(s));
	T(tcdrain(m));
	T(tcsendbreak(s, 0));
	T(tcsendbreak(m, 5));
	T(ioctl(s, TIOCSBRK));
	T(ioctl(s, TIOCCBRK));
	T(ioctl(s, TIOCOUTQ, &on));
	SHOW(on);
	T(ioctl(m, TIOCOUTQ, &on));
	SHOW(on);
	// Packet mode.
	on = 1;
	flags(IXON, ICANON | ISIG);
	T(ioctl(m, TIOCPKT, &on));
	SHOWX(events(m));
	get("nothing yet");
	T(tcflush(s, TCIFLUSH));
	SHOWX(events(m));
	get("flushed input");
	T(tcflush(s, TCOFLUSH));
	get("flushed output");
	T(tcflush(s, TCIOFLUSH));
	get("flushed both");
	T(tcflow(s, TCOOFF));
	get("stopped");
	T(tcflow(s, TCOON));
	get("started");
	T(tcflow(s, TCOOFF));
	T(tcflow(s, TCOON));
	get("stopped and started");
	flags(0, ICANON | ISIG);
	get("no flow control");
	flags(IXON, ICANON | ISIG);
	get("flow control");
	tcgetattr(s, &t);
	t.c_cc[VSTOP] = 'S';
	tcsetattr(s, TCSANOW, &t);
	get("another stop character");
	T(write(s, "data", 4));
	settle(m, 4);
	T(tcflush(s, TCIFLUSH));
	SHOW(read(m, buf, 1));
	t_hex("status first", buf, 1);
	SHOW(read(m, buf, 1));
	t_hex("one byte of room", buf, 1);
	SHOW(read(m, buf, 3));
	t_hex("three", buf, 3);
	get("rest");
	get("nothing");
	T(write(m, "\003", 1));
	T(UNTIL(events(m) & POLLPRI));
	get("^C");
	on = 0;
	T(tcflush(s, TCIFLUSH));
	T(ioctl(m, TIOCPKT, &on));
	get("off");
	on = 1;
	T(ioctl(m, TIOCPKT, &on));
	get("status forgotten");
	T(ioctl(m, TIOCPKT, &on));
	T(close(s));
	get("closed");
	on = -1;
	T(ioctl(m, TIOCGPKT, &on));
	SHOW(on);
	return 0;
}
