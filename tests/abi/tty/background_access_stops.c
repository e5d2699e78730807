// SPDX-License-Identifier: MPL-2.0
// A background group stops on read with SIGTTIN, on write only with TOSTOP, on tcsetattr with
// SIGTTOU; orphans get EIO.
#include "../lib/t.h"
#include <termios.h>

static int s;

static void child(const char *what, void (*fn)(void))
{
	int st;
	pid_t pid = t_fork();

	if (pid == 0) {
		setpgid(0, 0);
		fn();
		_exit(0);
	}
	CHECK(waitpid(pid, &st, WUNTRACED) == pid);
	t_status(what, st);
	if (WIFSTOPPED(st)) {
		kill(pid, SIGKILL);
		t_wait(pid);
	}
}

static void do_read(void)
{
	char c;

	T(read(s, &c, 1));
}

static void do_read_ignored(void)
{
	signal(SIGTTIN, SIG_IGN);
	do_read();
}

static void do_read_blocked(void)
{
	t_block(SIG_BLOCK, SIGTTIN);
	do_read();
}

static void do_write(void)
{
	T(write(s, "x", 1));
}

static void do_write_ignored(void)
{
	signal(SIGTTOU, SIG_IGN);
	do_write();
}

static void do_setattr(void)
{
	struct termios t;

	T(tcgetattr(s, &t));
	T(tcsetattr(s, TCSANOW, &t));
}

static void do_setattr_ignored(void)
{
	signal(SIGTTOU, SIG_IGN);
	do_setattr();
}

static void do_setpgrp(void)
{
	T(tcsetpgrp(s, getpgrp()));
}

static void do_winsize(void)
{
	struct winsize ws = { 1, 2, 0, 0 };

	T(ioctl(s, TIOCSWINSZ, &ws));
}

int main(void)
{
	t_start();
	IN_CHILD("session", {
		struct termios t;

		setsid();
		int m = posix_openpt(O_RDWR | O_NOCTTY);
		unlockpt(m);
		s = open(ptsname(m), O_RDWR);
		child("read", do_read);
		child("read, SIGTTIN ignored", do_read_ignored);
		child("read, SIGTTIN blocked", do_read_blocked);
		child("write", do_write);
		child("tcsetattr", do_setattr);
		child("tcsetattr, SIGTTOU ignored", do_setattr_ignored);
		child("tcsetpgrp", do_setpgrp);
		child("TIOCSWINSZ", do_winsize);
		tcgetattr(s, &t);
		t.c_lflag |= TOSTOP;
		tcsetattr(s, TCSANOW, &t);
		child("write with TOSTOP", do_write);
		child("write with TOSTOP, SIGTTOU ignored", do_write_ignored);
	});
	return 0;
}
