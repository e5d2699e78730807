// SPDX-License-Identifier: MPL-2.0
// Closing either side of a pty: what the other sees, opening again, locks, TIOCGPTPEER, numbers.
#include "../lib/t.h"
#include <sys/epoll.h>
#include <termios.h>

static int events(int fd)
{
	struct pollfd p = { fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP, 0 };

	poll(&p, 1, 0);
	return p.revents;
}

static void show_ioctls(int s)
{
	struct termios t;
	int n;

	T(tcgetattr(s, &t));
	T(tcflush(s, TCIFLUSH));
	T(ioctl(s, FIONREAD, &n));
	T(tcgetpgrp(s));
	T(tcsetpgrp(s, getpgrp()));
	T(isatty(s));
	T(ioctl(s, 0x12345, 0));
}

int main(void)
{
	char buf[64], name[64];
	int n;

	t_start();
	int m = T(posix_openpt(O_RDWR | O_NOCTTY));
	strcpy(name, ptsname(m));
	SHOWX(events(m));
	T(open(name, O_RDWR | O_NOCTTY));
	T(ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY));
	SHOWX(events(m));
	T(write(m, "early\n", 6));
	T(unlockpt(m));
	T(fcntl(m, F_SETFL, O_NONBLOCK));
	T(UNTIL(ioctl(m, FIONREAD, &n) == 0 && n == 7));
	n = (int)read(m, buf, sizeof(buf));
	t_text("echo without a slave", buf, n);
	T(read(m, buf, sizeof(buf)));
	int s = T(open(name, O_RDWR | O_NOCTTY));
	T(read(s, buf, sizeof(buf)));
	T(write(s, "last words", 10));
	T(close(s));
	T(UNTIL(ioctl(m, FIONREAD, &n) == 0 && n == 10));
	SHOWX(events(m));
	T(read(m, buf, 4));
	SHOWX(events(m));
	T(read(m, buf, sizeof(buf)));
	T(read(m, buf, sizeof(buf)));
	SHOWX(events(m));
	T(write(m, "kept\n", 5));
	T(UNTIL(ioctl(m, FIONREAD, &n) == 0 && n == 6));
	n = (int)read(m, buf, sizeof(buf));
	t_text("echo while closed", buf, n);
	s = T(open(name, O_RDWR | O_NOCTTY));
	T(read(m, buf, sizeof(buf)));
	n = (int)read(s, buf, sizeof(buf));
	t_text("slave again", buf, n);
	int s2 = T(open(name, O_RDONLY | O_NOCTTY));
	T(write(s2, "x", 1));
	T(close(s));
	SHOWX(events(m));
	int flag = 1;
	T(ioctl(m, TIOCSPTLCK, &flag));
	T(ioctl(m, TIOCGPTLCK, &flag));
	SHOW(flag);
	flag = 0;
	T(ioctl(m, TIOCSPTLCK, &flag));
	// Attributes stay while the master is open.
	struct termios t;
	tcgetattr(s2, &t);
	t.c_lflag &= ~(unsigned)ECHO;
	tcsetattr(s2, TCSANOW, &t);
	close(s2);
	s = T(open(name, O_RDWR | O_NOCTTY));
	tcgetattr(s, &t);
	IS(t.c_lflag & ECHO);
	// TIOCGPTPEER needs no name.
	int p = T(ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
	SHOW(fcntl(p, F_GETFD));
	SHOWX(fcntl(p, F_GETFL) & (O_NONBLOCK | O_ACCMODE));
	IS(!strcmp(ttyname(p), name));
	T(ioctl(s, TIOCGPTPEER, O_RDWR));
	T(ioctl(m, TIOCGPTPEER, O_WRONLY | O_NOCTTY) >= 0);
	T(read(p, buf, 1));
	close(p);
	// The master goes.
	int ep = epoll_create1(0);
	struct epoll_event ev = { EPOLLIN, { 0 } };
	T(epoll_ctl(ep, EPOLL_CTL_ADD, s, &ev));
	T(write(m, "never read\n", 11));
	int held = T(open(name, O_PATH));
	T(close(m));
	T(epoll_wait(ep, &ev, 1, 1000));
	SHOWX(ev.events);
	SHOWX(events(s));
	T(access(name, F_OK));
	T(read(s, buf, sizeof(buf)));
	T(read(s, buf, 0));
	T(write(s, "x", 1));
	T(write(s, "x", 0));
	show_ioctls(s);
	snprintf(buf, sizeof(buf), "/proc/self/fd/%d", held);
	T(open(buf, O_RDWR | O_NOCTTY));
	// The number is taken until the slave is closed, too.
	int a = posix_openpt(O_RDWR | O_NOCTTY);
	IS(strcmp(ptsname(a), name) == 0);
	close(a);
	close(s);
	close(held);
	for (int fd = 5; fd < 20; fd++)
		close(fd);
	IS(UNTIL((close(a), a = posix_openpt(O_RDWR | O_NOCTTY), strcmp(ptsname(a), name) == 0)));
	return 0;
}
