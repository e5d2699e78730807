// SPDX-License-Identifier: MPL-2.0
// /dev/console and the serial line behind it: one terminal, but the console takes no controlling
// terminal by itself, knows no job
// control and does not hang up.
#include "../lib/t.h"
#include <sys/sysmacros.h>
#include <termios.h>

static int line, console;

static int events(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };

	poll(&p, 1, 0);
	return p.revents;
}

static void attributes(int fd)
{
	struct termios t;

	T(tcgetattr(fd, &t));
	T(tcsetattr(fd, TCSANOW, &t));
}

static void background(int mine)
{
	char c;

	setpgid(0, 0);
	T(read(mine, &c, 1));
	signal(SIGTTIN, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
	T(read(mine, &c, 1));
	T(read(line, &c, 1));
	T(write(line, "", 0));
	attributes(line);
	attributes(mine);
}

static void session(void)
{
	setsid();
	int mine = T(open("/dev/console", O_RDWR | O_NONBLOCK));
	T(open("/dev/tty", O_RDWR));
	T(ioctl(mine, TIOCSCTTY, 0));
	T(close(open("/dev/tty", O_RDWR)));
	T(tcgetpgrp(mine) == getpgrp());
	T(tcgetpgrp(line) == getpgrp());
	T(tcgetsid(line) == getpid());
	IN_CHILD("background", background(mine));
	signal(SIGHUP, SIG_IGN);
	T(ioctl(mine, TIOCNOTTY));
	T(close(open("/dev/ttyS0", O_RDWR | O_NONBLOCK)));
	T(close(open("/dev/tty", O_RDWR)));
	T(tcgetpgrp(line) == getpgrp());
}

int main(void)
{
	struct stat st;
	struct winsize w;
	char c;
	int n;

	t_start();
	line = T(open("/dev/ttyS0", O_RDWR | O_NOCTTY | O_NONBLOCK));
	console = T(open("/dev/console", O_RDWR | O_NONBLOCK));
	T(fstat(console, &st));
	printf("%d:%d\n", major(st.st_rdev), minor(st.st_rdev));
	T(ioctl(console, TIOCGDEV, &n));
	printf("%d:%d\n", n >> 8, n & 255);
	T(isatty(console));
	SHOWS(ttyname(line));
	T(ioctl(line, TIOCGPTN, &n));
	T(ioctl(line, TIOCPKT, &n));
	T(ioctl(line, TIOCGPTPEER, O_RDWR));
	T(ioctl(line, TIOCMGET, 1));
	T(ioctl(line, TIOCMGET, &n));
	IS((n & (TIOCM_DTR | TIOCM_RTS)) == (TIOCM_DTR | TIOCM_RTS));
	T(ioctl(line, TIOCMBIS, 1));
	T(ioctl(line, TIOCGICOUNT, 1));
	T(ioctl(line, TIOCGWINSZ, &w));
	uint64_t start = t_now_ns();
	T(tcsendbreak(line, 1));
	uint64_t ms = (t_now_ns() - start) / 1000000;
	IS(ms >= 90);
	T(read(line, &c, 1));
	T(read(console, &c, 1));
	T(mknod("none", S_IFCHR | 0666, makedev(4, 104)));
	T(open("none", O_RDWR));
	T(mknod("line", S_IFCHR | 0666, makedev(4, 64)));
	T(close(open("line", O_RDWR | O_NOCTTY | O_NONBLOCK)));
	IN_CHILD("session", session());
	// The leader's end hangs the line up.
	T(read(line, &c, 1));
	T(write(line, "", 0));
	SHOWX(events(line));
	T(read(console, &c, 1));
	T(write(console, "", 0));
	SHOWX(events(console));
	close(line);
	line = T(open("/dev/ttyS0", O_RDWR | O_NOCTTY | O_NONBLOCK));
	T(read(line, &c, 1));
	IN_CHILD("hang-up by hand", {
		setsid();
		int mine = T(open("/dev/ttyS0", O_RDWR | O_NONBLOCK));
		T(close(open("/dev/tty", O_RDWR)));
		signal(SIGHUP, SIG_IGN);
		T(ioctl(mine, TIOCVHANGUP));
		T(read(mine, &c, 1));
		T(open("/dev/tty", O_RDWR));
	});
	T(read(line, &c, 1));
	return 0;
}
