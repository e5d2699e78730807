// SPDX-License-Identifier: MPL-2.0
// Raw input: VMIN and VTIME in their four combinations, O_NONBLOCK, poll.
#include "../lib/t.h"
#include <termios.h>

static int m, s;

static void mode(int vmin, int vtime)
{
	struct termios t;

	tcgetattr(s, &t);
	cfmakeraw(&t);
	t.c_cc[VMIN] = (cc_t)vmin;
	t.c_cc[VTIME] = (cc_t)vtime;
	CHECK(tcsetattr(s, TCSAFLUSH, &t) == 0);
	printf("VMIN %d VTIME %d\n", vmin, vtime);
}

// Types @text and waits until it has arrived.
static void type(const char *text, int pending)
{
	int n = 0;

	write(m, text, strlen(text));
	if (!UNTIL(ioctl(s, FIONREAD, &n) == 0 && n == pending))
		t_die("%d bytes pending, not %d", n, pending);
}

int main(void)
{
	char buf[64];
	struct pollfd p;

	t_start();
	m = posix_openpt(O_RDWR | O_NOCTTY);
	unlockpt(m);
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
	mode(0, 0);
	T(read(s, buf, 10));
	type("abc", 3);
	T(read(s, buf, 2));
	T(read(s, buf, 10));
	mode(0, 1);
	T(read(s, buf, 10));
	type("ab", 2);
	T(read(s, buf, 10));
	mode(1, 0);
	type("\003\004\r\n\177", 5);
	T(read(s, buf, 10));
	t_hex("untouched", buf, 5);
	mode(3, 0);
	type("ab", 2);
	p = (struct pollfd){ s, POLLIN, 0 };
	T(poll(&p, 1, 0));
	pid_t pid = t_fork();
	if (pid == 0) {
		T(read(s, buf, 10));
		_exit(0);
	}
	t_wait_state(pid, 'S');
	write(m, "c", 1);
	t_reap("reader of three", pid);
	type("abcdef", 6);
	T(read(s, buf, 2));
	T(read(s, buf, 10));
	mode(5, 1);
	write(m, "ab", 2);
	T(read(s, buf, 10));
	mode(1, 0);
	fcntl(s, F_SETFL, O_NONBLOCK);
	T(read(s, buf, 10));
	T(write(s, "out", 3));
	p = (struct pollfd){ m, POLLIN, 0 };
	T(poll(&p, 1, 20000));
	T(read(m, buf, 10));
	fcntl(m, F_SETFL, O_NONBLOCK);
	T(read(m, buf, 10));
	p = (struct pollfd){ m, POLLIN | POLLOUT, 0 };
	T(poll(&p, 1, 0));
	SHOWX(p.revents);
	close(s);
	T(read(m, buf, 10));
	p.revents = 0;
	T(poll(&p, 1, 0));
	SHOWX(p.revents);
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
	T(read(m, buf, 10));
	return 0;
}
