// SPDX-License-Identifier: MPL-2.0
// TIOCSCTTY, TIOCNOTTY, O_NOCTTY, tcsetpgrp and its errors, the leader's exit hangs up.
#include "../lib/t.h"
#include <termios.h>

static int out;

static void on_hup(int sig, siginfo_t *si, void *uc)
{
	write(out, "H", 1);
}

int main(void)
{
	int a[2];

	t_start();
	t_pipe(a);
	IN_CHILD("session", {
		T(setsid() == getpid());
		int m = posix_openpt(O_RDWR | O_NOCTTY);
		unlockpt(m);
		int s = open(ptsname(m), O_RDWR | O_NOCTTY);
		T(open("/dev/tty", O_RDWR));
		T(tcgetpgrp(s));
		T(tcgetsid(s));
		T(tcsetpgrp(s, getpgrp()));
		T(ioctl(s, TIOCSCTTY, 0));
		T(ioctl(s, TIOCSCTTY, 0));
		T(open("/dev/tty", O_RDWR) >= 0);
		IS(tcgetpgrp(s) == getpgrp());
		IS(tcgetpgrp(m) == getpgrp());
		T(tcsetpgrp(s, 999999));
		T(tcsetpgrp(s, -1));
		T(tcsetpgrp(s, getppid()));
		T(tcsetpgrp(0, getpgrp()));
		int m2 = posix_openpt(O_RDWR | O_NOCTTY);
		unlockpt(m2);
		int s2 = open(ptsname(m2), O_RDWR | O_NOCTTY);
		T(ioctl(s2, TIOCSCTTY, 0));
		T(tcgetpgrp(s2));
		IN_CHILD("not a leader", {
			T(ioctl(s2, TIOCSCTTY, 0));
			setsid();
			T(open("/dev/tty", O_RDWR));
			T(ioctl(s, TIOCSCTTY, 0));
			T(tcgetpgrp(s));
		});
		IN_CHILD("background group", {
			setpgid(0, 0);
			T(tcgetpgrp(s) == getppid());
			signal(SIGTTOU, SIG_IGN);
			T(tcsetpgrp(s, getpgrp()));
			T(tcgetpgrp(s) == getpgrp());
			T(tcsetpgrp(s, getppid()));
		});
		signal(SIGHUP, SIG_IGN);
		T(ioctl(s, TIOCNOTTY));
		T(open("/dev/tty", O_RDWR));
		T(ioctl(s, TIOCNOTTY));
		T(ioctl(s, TIOCSCTTY, 0));
	});
	// The end of the leader of a session on a pty: SIGHUP to the foreground group. The end of
	// the master hangs up.
	int m = posix_openpt(O_RDWR | O_NOCTTY);
	unlockpt(m);
	pid_t leader = t_fork();
	if (leader == 0) {
		setsid();
		int s = open(ptsname(m), O_RDWR);
		int ready[2];

		t_pipe(ready);
		pid_t c = t_fork();
		if (c == 0) {
			char b;

			close(m);
			out = a[1];
			t_handle(SIGHUP, on_hup, SA_RESTART);
			t_put(ready[1]);
			ssize_t n = read(s, &b, 1);
			// End of file or EIO: which one depends on how far the hang-up is when the
			// reader wakes.
			char r = n == 0 || (n < 0 && errno == EIO) ? 'h' : '?';
			write(a[1], &r, 1);
			// On Linux the reader may wake before the other side counts as closed.
			r = UNTIL(write(s, "x", 1) < 0 && errno == EIO) ? 'e' : '?';
			write(a[1], &r, 1);
			_exit(0);
		}
		t_get(ready[0]);
		t_wait_state(c, 'S');
		_exit(6);
	}
	t_reap("leader", leader);
	printf("signal %c\n", t_get(a[0]));
	close(m);
	printf("read %c\n", t_get(a[0]));
	printf("write %c\n", t_get(a[0]));
	return 0;
}
