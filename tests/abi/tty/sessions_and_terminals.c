// SPDX-License-Identifier: MPL-2.0
// Which processes of a session have its terminal: forked before, TIOCNOTTY in a member, stealing,
// /proc/PID/stat, hang-ups.
#include "../lib/t.h"
#include <termios.h>

static int m, s;

static void make(void)
{
	m = posix_openpt(O_RDWR | O_NOCTTY);
	unlockpt(m);
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
}

// tty_nr (as its major) and tpgid (relative to ours) of this process.
static void show(const char *who)
{
	char *text = t_slurp("/proc/self/stat");
	int tty = 0, tpgid = 0;

	sscanf(strrchr(text, ')') + 2, "%*c %*d %*d %*d %d %d", &tty, &tpgid);
	int fd = open("/dev/tty", O_RDWR | O_NONBLOCK);
	printf("%s: tty %d tpgid %s, /dev/tty %s\n", who, tty >> 8,
		tpgid == getpgrp()    ? "own"
			: tpgid == -1 ? "-1"
				      : "other",
		fd >= 0 ? "opens" : t_errname(errno));
	if (fd >= 0)
		close(fd);
}

static volatile sig_atomic_t hups, conts, winches;

static void count(int sig, siginfo_t *si, void *uc)
{
	if (sig == SIGHUP)
		hups++;
	else if (sig == SIGCONT)
		conts++;
	else
		winches++;
}

static void counters(void)
{
	t_handle(SIGHUP, count, SA_RESTART);
	t_handle(SIGCONT, count, SA_RESTART);
	t_handle(SIGWINCH, count, SA_RESTART);
}

static void signals(const char *who)
{
	printf("%s: SIGHUP %d SIGCONT %d SIGWINCH %d\n", who, hups, conts, winches);
}

static void inheritance(void)
{
	int go[2], back[2];

	setsid();
	make();
	show("leader before");
	t_pipe(go);
	t_pipe(back);
	pid_t early = t_fork();
	if (early == 0) {
		t_get(go[0]);
		show("forked before");
		T(tcgetpgrp(s));
		T(ioctl(s, TIOCSCTTY, 0));
		_exit(0);
	}
	T(ioctl(s, TIOCSCTTY, 0));
	show("leader");
	t_put(go[1]);
	t_reap("early", early);
	IN_CHILD("late", {
		show("forked after");
		pid_t child = t_fork();
		if (child == 0) {
			T(ioctl(s, TIOCNOTTY));
			show("gave it up");
			T(ioctl(s, TIOCNOTTY));
			T(tcgetpgrp(s));
			T(tcgetsid(s));
			setpgid(0, 0);
			// Not our terminal: no job control.
			fcntl(s, F_SETFL, O_NONBLOCK);
			char c;
			T(read(s, &c, 1));
			IN_CHILD("its child", show("child of who gave it up"));
			_exit(0);
		}
		t_reap("member", child);
		show("still there");
	});
	show("leader still");
	IN_CHILD("new session", {
		setsid();
		show("new session");
		T(ioctl(s, TIOCSCTTY, 0));
		IN_CHILD("user", {
			t_drop_root(1000);
			setsid();
			T(ioctl(s, TIOCSCTTY, 1));
		});
		T(ioctl(s, TIOCSCTTY, 1));
		show("thief");
		IS(tcgetpgrp(s) == getpgrp());
		IS(tcgetsid(s) == getpid());
	});
	show("robbed leader");
	T(tcgetpgrp(s));
	T(ioctl(s, TIOCSCTTY, 0));
	show("takes it back");
	int s2 = open(ptsname(m), O_WRONLY | O_NOCTTY);
	T(ioctl(s, TIOCNOTTY));
	T(ioctl(s2, TIOCSCTTY, 0));
	T(ioctl(s, TIOCNOTTY));
	T(close(open(ptsname(m), O_WRONLY)));
	show("opened for writing only");
	T(ioctl(m, TIOCSCTTY, 0));
	show("through the master");
	IS(tcgetpgrp(m) == getpgrp());
	IS(tcgetsid(m) == getpid());
	T(ioctl(m, TIOCNOTTY));
	T(tcsetpgrp(m, getpgrp()));
}

static void leader_without_rights(void)
{
	setsid();
	make();
	chmod(ptsname(m), 0666);
	t_drop_root(1000);
	int s2 = open(ptsname(m), O_WRONLY | O_NOCTTY);
	T(ioctl(s2, TIOCSCTTY, 0));
	T(ioctl(s, TIOCSCTTY, 1));
	T(tcsetpgrp(s, 1));
	T(tcsetpgrp(s, 0));
}

// The foreground group gets SIGWINCH; who gives the terminal up as leader sends SIGHUP and SIGCONT.
static void leaving(void)
{
	struct winsize w = { 3, 4, 0, 0 };
	int ready[2], go[2];

	setsid();
	make();
	T(ioctl(s, TIOCSCTTY, 0));
	counters();
	t_pipe(ready);
	t_pipe(go);
	pid_t fg = t_fork();
	if (fg == 0) {
		setpgid(0, 0);
		t_put(ready[1]);
		UNTIL(conts);
		t_get(go[0]);
		signals("foreground");
		show("foreground");
		_exit(0);
	}
	t_get(ready[0]);
	T(tcsetpgrp(s, fg));
	T(ioctl(m, TIOCSWINSZ, &w));
	T(ioctl(m, TIOCSWINSZ, &w));
	T(ioctl(s, TIOCNOTTY));
	t_put(go[1]);
	t_reap("foreground", fg);
	signals("leader");
	show("leader");
}

// The master goes: SIGHUP and SIGCONT to the leader alone; the foreground group's are due when the
// leader ends.
static void master_gone(void)
{
	int ready[2], out[2];

	t_pipe(ready);
	t_pipe(out);
	pid_t leader = t_fork();
	if (leader == 0) {
		setsid();
		make();
		ioctl(s, TIOCSCTTY, 0);
		counters();
		pid_t fg = t_fork();
		if (fg == 0) {
			close(m);
			setpgid(0, 0);
			t_put(ready[1]);
			UNTIL(hups && conts);
			signals("foreground at the end");
			show("foreground at the end");
			t_put(out[1]);
			_exit(0);
		}
		t_get(ready[0]);
		tcsetpgrp(s, fg);
		close(m);
		T(UNTIL(hups && conts));
		signals("leader");
		show("leader");
		t_wait_state(fg, 'S');
		_exit(0);
	}
	t_get(out[0]);
	t_reap("leader", leader);
}

// vhangup: open files are dead, new ones work, the terminal is nobody's.
static void hung_up(void)
{
	char buf[16];
	struct termios t;

	setsid();
	make();
	counters();
	T(ioctl(s, TIOCSCTTY, 0));
	tcgetattr(s, &t);
	t.c_lflag = 0;
	tcsetattr(s, TCSANOW, &t);
	int tty = T(open("/dev/tty", O_RDWR));
	T(syscall(SYS_vhangup));
	signals("after vhangup");
	show("after vhangup");
	T(read(s, buf, 1));
	T(read(tty, buf, 1));
	T(write(s, "x", 1));
	struct pollfd p = { s, POLLIN, 0 };
	poll(&p, 1, 0);
	SHOWX(p.revents);
	int s2 = T(open(ptsname(m), O_RDWR));
	show("opened again");
	tcgetattr(s2, &t);
	IS(t.c_lflag & ICANON);
	T(write(s2, "alive", 5));
	ssize_t n = read(m, buf, sizeof(buf));
	t_text("master", buf, n);
	T(syscall(SYS_vhangup));
	T(syscall(SYS_vhangup));
	close(s);
	close(tty);
	s = T(open(ptsname(m), O_RDWR | O_NOCTTY));
	T(ioctl(s, TIOCVHANGUP));
	T(fcntl(m, F_SETFL, O_NONBLOCK));
	close(s2);
	T(read(m, buf, 1));
	close(s);
	T(read(m, buf, 1));
}

int main(void)
{
	t_start();
	IN_CHILD("inheritance", inheritance());
	IN_CHILD("leader without rights", leader_without_rights());
	IN_CHILD("leaving", leaving());
	IN_CHILD("master gone", master_gone());
	IN_CHILD("hung up", hung_up());
	return 0;
}
