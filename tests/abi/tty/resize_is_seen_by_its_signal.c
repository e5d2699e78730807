// SPDX-License-Identifier: MPL-2.0
// Who gets SIGWINCH reads the new size, and never half of one.
#include "../lib/t.h"

static void follow(const char *name, int out)
{
	struct winsize w;
	siginfo_t si;
	sigset_t set;
	int tty, last = 0, bad = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	CHECK(setsid() > 0);
	tty = open(name, O_RDWR);
	CHECK(tty >= 0);
	t_put(out);
	while (last < 300) {
		CHECK(sigwaitinfo(&set, &si) == SIGWINCH);
		CHECK(ioctl(tty, TIOCGWINSZ, &w) == 0);
		bad += w.ws_row != last + 1 || w.ws_col != w.ws_row || w.ws_xpixel != w.ws_row;
		last = w.ws_row;
		t_put(out);
	}
	SHOW(bad);
}

int main(void)
{
	struct winsize w = { 0 };
	int p[2], m;
	char *name;
	pid_t c;

	t_start();
	t_pipe(p);
	m = posix_openpt(O_RDWR | O_NOCTTY);
	CHECK(m >= 0 && grantpt(m) == 0 && unlockpt(m) == 0);
	name = ptsname(m);
	c = t_fork();
	if (c == 0) {
		close(m);
		follow(name, p[1]);
		_exit(0);
	}
	close(p[1]);
	t_get(p[0]);
	for (int i = 1; i <= 300; i++) {
		w.ws_row = w.ws_col = w.ws_xpixel = w.ws_ypixel = i;
		CHECK(ioctl(m, TIOCSWINSZ, &w) == 0);
		t_get(p[0]);
	}
	t_reap("follower", c);
	return 0;
}
