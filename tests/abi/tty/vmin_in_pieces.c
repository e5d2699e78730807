// SPDX-License-Identifier: MPL-2.0
// VMIN beyond what one read takes at once, with VTIME, with O_NONBLOCK, with signals; several
// readers.
#include "../lib/t.h"
#include <termios.h>

static int m, s;
static char buf[5000];

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

static void type(int count)
{
	int n = 0;

	memset(buf, 'a', (size_t)count);
	CHECK(write(m, buf, (size_t)count) == count);
	if (!UNTIL(ioctl(s, FIONREAD, &n) == 0 && n >= count))
		t_die("%d bytes pending, not %d", n, count);
}

static void on_usr1(int sig, siginfo_t *si, void *uc)
{
}

int main(void)
{
	struct pollfd p;

	t_start();
	m = posix_openpt(O_RDWR | O_NOCTTY);
	unlockpt(m);
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
	mode(50, 0);
	type(150);
	T(read(s, buf, 200));
	mode(100, 1);
	type(150);
	T(read(s, buf, 200));
	T(read(s, buf, 200));
	mode(100, 1);
	type(80);
	T(read(s, buf, 200));
	T(read(s, buf, 200));
	mode(200, 1);
	type(100);
	T(read(s, buf, 20));
	T(read(s, buf, 200));
	mode(1, 0);
	type(4095);
	T(read(s, buf, sizeof(buf)));
	mode(10, 0);
	type(3);
	p = (struct pollfd){ s, POLLIN, 0 };
	T(poll(&p, 1, 0));
	fcntl(s, F_SETFL, O_NONBLOCK);
	T(read(s, buf, 100));
	T(read(s, buf, 100));
	mode(10, 1);
	type(3);
	T(poll(&p, 1, 0));
	T(read(s, buf, 100));
	mode(0, 0);
	T(poll(&p, 1, 0));
	T(read(s, buf, 100));
	mode(0, 1);
	T(read(s, buf, 100));
	T(read(s, buf, 0));
	fcntl(s, F_SETFL, 0);
	T(read(s, buf, 0));
	mode(10, 0);
	t_handle(SIGUSR1, on_usr1, 0);
	pid_t pid = t_fork();
	if (pid == 0) {
		T(read(s, buf, 100));
		T(read(s, buf, 100));
		_exit(0);
	}
	t_wait_state(pid, 'S');
	write(m, "abcd", 4);
	int n;
	T(UNTIL(ioctl(s, FIONREAD, &n) == 0 && n == 0));
	t_wait_state(pid, 'S');
	kill(pid, SIGUSR1);
	T(UNTIL(t_state(pid) == 'S'));
	write(m, "0123456789", 10);
	t_reap("interrupted in the middle", pid);
	// Two readers: one waits for the other, and who must not wait is told so.
	pid = t_fork();
	if (pid == 0) {
		T(read(s, buf, 100));
		_exit(0);
	}
	t_wait_state(pid, 'S');
	int s2 = open(ptsname(m), O_RDWR | O_NOCTTY | O_NONBLOCK);
	T(read(s2, buf, 100));
	write(m, "0123456789", 10);
	t_reap("first reader", pid);
	T(read(s2, buf, 100));
	return 0;
}
