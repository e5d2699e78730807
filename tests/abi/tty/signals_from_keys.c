// SPDX-License-Identifier: MPL-2.0
// ^C, ^\ and ^Z signal the foreground group and flush; ISIG and NOFLSH; SIGWINCH on a change of
// size.
#include "../lib/t.h"
#include <termios.h>

static volatile int last;

static void on_sig(int sig, siginfo_t *si, void *uc)
{
	last = sig;
}

static void key(const char *what, int m, char c)
{
	last = 0;
	write(m, &c, 1);
	UNTIL(last != 0);
	printf("%s: %s\n", what, t_signame(last));
}

int main(void)
{
	struct winsize ws = { 24, 80, 1, 2 }, got;
	struct termios t;
	char buf[64];
	int n;

	t_start();
	IN_CHILD("session", {
		setsid();
		int m = posix_openpt(O_RDWR | O_NOCTTY);
		unlockpt(m);
		int s = open(ptsname(m), O_RDWR);
		IS(tcgetpgrp(s) == getpgrp());
		IS(tcgetsid(s) == getsid(0));
		T(open("/dev/tty", O_RDWR) >= 0);
		for (int i = 1; i < 32; i++)
			if (i == SIGINT || i == SIGQUIT || i == SIGTSTP || i == SIGWINCH)
				t_handle(i, on_sig, 0);
		key("^C", m, 3);
		key("^\\", m, 034);
		key("^Z", m, 032);
		write(m, "flushed", 7);
		key("^C", m, 3);
		write(m, "kept\n", 5);
		n = (int)read(s, buf, sizeof(buf));
		t_text("left", buf, n);
		tcgetattr(s, &t);
		t.c_lflag |= NOFLSH;
		tcsetattr(s, TCSANOW, &t);
		write(m, "not ", 4);
		key("^C with NOFLSH", m, 3);
		write(m, "kept\n", 5);
		n = (int)read(s, buf, sizeof(buf));
		t_text("left", buf, n);
		t.c_lflag &= ~(unsigned)ISIG;
		t.c_cc[VINTR] = 'q';
		tcsetattr(s, TCSANOW, &t);
		write(m, "a\003q\n", 4);
		n = (int)read(s, buf, sizeof(buf));
		t_text("no ISIG", buf, n);
		t.c_lflag |= ISIG;
		tcsetattr(s, TCSANOW, &t);
		key("q as VINTR", m, 'q');
		t.c_cc[VINTR] = 0;
		tcsetattr(s, TCSANOW, &t);
		write(m, "a\003b\n", 4);
		n = (int)read(s, buf, sizeof(buf));
		t_text("VINTR disabled", buf, n);
		T(ioctl(s, TIOCGWINSZ, &got));
		printf("%d %d %d %d\n", got.ws_row, got.ws_col, got.ws_xpixel, got.ws_ypixel);
		last = 0;
		T(ioctl(m, TIOCSWINSZ, &ws));
		UNTIL(last != 0);
		SHOWS(t_signame(last));
		T(ioctl(s, TIOCGWINSZ, &got));
		printf("%d %d %d %d\n", got.ws_row, got.ws_col, got.ws_xpixel, got.ws_ypixel);
		last = 0;
		T(ioctl(m, TIOCSWINSZ, &ws));
		SHOW(last);
		T(ioctl(m, TIOCSIG, SIGINT));
		UNTIL(last != 0);
		SHOWS(t_signame(last));
	});
	return 0;
}
