// SPDX-License-Identifier: MPL-2.0
// O_ASYNC: who has it, who owns it, and which signals come for pipes, sockets and terminals.
#include "../lib/t.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#ifndef F_GETOWNER_UIDS
#define F_GETOWNER_UIDS 17
#endif
#define RT (SIGRTMIN + 3)

// Takes and prints all pending signals of the kind.
static void show_signals(const char *label, int watched, int other)
{
	sigset_t set;
	siginfo_t si;
	struct timespec now = { 0, 0 };
	int sig;

	sigemptyset(&set);
	sigaddset(&set, RT);
	sigaddset(&set, SIGIO);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGURG);
	printf("%s:", label);
	while ((sig = sigtimedwait(&set, &si, &now)) > 0) {
		printf(" [%s code %d", sig == RT ? "RT" : t_signame(sig), si.si_code);
		if (si.si_code == SI_KERNEL)
			printf(" pid %d uid %d", si.si_pid, si.si_uid);
		else
			printf(" band %#lx fd %s", si.si_band,
				si.si_fd == watched         ? "it"
					: si.si_fd == other ? "other"
							    : "?");
		printf("]");
	}
	printf("\n");
}

// Terminals pass input on some time later.
static void wait_for(int sig)
{
	sigset_t set;

	CHECK(UNTIL(sigpending(&set) == 0 && sigismember(&set, sig)));
}

static void block(void)
{
	t_block(SIG_BLOCK, RT);
	t_block(SIG_BLOCK, SIGIO);
	t_block(SIG_BLOCK, SIGCHLD);
	t_block(SIG_BLOCK, SIGURG);
}

static void async(int fd, int sig)
{
	CHECK(fcntl(fd, F_SETOWN, getpid()) == 0);
	CHECK(fcntl(fd, F_SETSIG, sig) == 0);
	CHECK(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC) == 0);
}

static void try_one(const char *what, int fd)
{
	int on = 1, off = 0;

	if (fd < 0)
		t_die("%s", what);
	printf("-- %s\n", what);
	T(ioctl(fd, FIOASYNC, &off));
	T(ioctl(fd, FIOASYNC, &on));
	T(!!(fcntl(fd, F_GETFL) & O_ASYNC));
	T(fcntl(fd, F_GETOWN) == getpid());
	T(ioctl(fd, FIOASYNC, &off));
	T(!!(fcntl(fd, F_GETFL) & O_ASYNC));
	T(fcntl(fd, F_SETFL, O_ASYNC));
	T(!!(fcntl(fd, F_GETFL) & O_ASYNC));
	T(ioctl(fd, FIOASYNC, NULL));
	close(fd);
}

static void who_has_it(void)
{
	sigset_t set;
	int p[2];

	sigemptyset(&set);
	t_file("file", "x", 0644);
	try_one("file", open("file", O_RDWR));
	try_one("directory", open(".", O_RDONLY));
	try_one("null", open("/dev/null", O_RDWR));
	try_one("zero", open("/dev/zero", O_RDWR));
	try_one("urandom", open("/dev/urandom", O_RDONLY));
	try_one("eventfd", eventfd(0, 0));
	try_one("timerfd", timerfd_create(CLOCK_MONOTONIC, 0));
	try_one("signalfd", signalfd(-1, &set, 0));
	try_one("epoll", epoll_create1(0));
	try_one("inotify", inotify_init());
	try_one("mounts", open("/proc/self/mounts", O_RDONLY));
	try_one("socket", socket(AF_UNIX, SOCK_STREAM, 0));
	try_one("ptmx", open("/dev/ptmx", O_RDWR | O_NOCTTY));
	t_pipe(p);
	try_one("pipe", p[0]);
	close(p[1]);
}

static void owners(void)
{
	int p[2];
	struct f_owner_ex o = { 99, 1 };
	uid_t uids[2] = { 7, 7 };
	pid_t child;

	t_pipe(p);
	T(fcntl(p[0], F_GETOWN));
	T(fcntl(p[0], F_GETSIG));
	T(fcntl(p[0], F_GETOWN_EX, &o));
	SHOW(o.type);
	SHOW(o.pid);
	T(fcntl(p[0], F_GETOWNER_UIDS, uids));
	SHOW(uids[0]);
	SHOW(uids[1]);
	T(fcntl(p[0], F_SETOWN, 0x7ffffff));
	T(fcntl(p[0], F_SETOWN, -0x7ffffff));
	T(fcntl(p[0], F_SETOWN, INT_MIN));
	T(fcntl(p[0], F_SETSIG, 65));
	T(fcntl(p[0], F_SETSIG, -1));
	T(fcntl(p[0], F_SETSIG, 64));
	T(fcntl(p[0], F_GETSIG));
	T(fcntl(p[0], F_SETSIG, 0));
	T(fcntl(p[0], F_SETOWN, getpid()));
	IS(fcntl(p[0], F_GETOWN) == getpid());
	IS(fcntl(p[1], F_GETOWN) == getpid());
	o.type = 3;
	T(fcntl(p[0], F_SETOWN_EX, &o));
	o.type = -1;
	T(fcntl(p[0], F_SETOWN_EX, &o));
	T(fcntl(p[0], F_SETOWN_EX, NULL));
	T(fcntl(p[0], F_GETOWN_EX, NULL));
	o.type = F_OWNER_PGRP;
	o.pid = getpgrp();
	T(fcntl(p[0], F_SETOWN_EX, &o));
	o.pid = 0;
	T(fcntl(p[0], F_GETOWN_EX, &o));
	IS(o.type == F_OWNER_PGRP && o.pid == getpgrp());
	o.type = F_OWNER_TID;
	o.pid = t_gettid();
	T(fcntl(p[0], F_SETOWN_EX, &o));
	T(fcntl(p[0], F_GETOWN_EX, &o));
	IS(o.type == F_OWNER_TID && o.pid == t_gettid());
	// Its end.
	child = t_fork();
	if (!child) {
		pause();
		_exit(0);
	}
	T(fcntl(p[0], F_SETOWN, child));
	IS(fcntl(p[0], F_GETOWN) == child);
	kill(child, SIGKILL);
	siginfo_t si;
	waitid(P_PID, child, &si, WEXITED | WNOWAIT);
	IS(fcntl(p[0], F_GETOWN) == child);
	t_wait(child);
	T(fcntl(p[0], F_GETOWN));
	o.type = 77;
	T(fcntl(p[0], F_GETOWN_EX, &o));
	SHOW(o.type);
	SHOW(o.pid);
	// A group that a process has left.
	child = t_fork();
	if (!child) {
		setpgid(0, 0);
		pause();
		_exit(0);
	}
	UNTIL(getpgid(child) == child);
	T(fcntl(p[0], F_SETOWN, -child));
	IS(fcntl(p[0], F_GETOWN_EX, &o) == 0 && o.type == F_OWNER_PGRP && o.pid == child);
	kill(child, SIGKILL);
	t_wait(child);
	T(fcntl(p[0], F_GETOWN));
	T(fcntl(p[0], F_SETOWN, 0));
	T(fcntl(p[0], F_GETOWN));
	// A socket by ioctl.
	int s = socket(AF_INET, SOCK_DGRAM, 0), who = -getpgrp();
	T(ioctl(s, 0x8902, &who));
	who = 0;
	T(ioctl(s, 0x8904, &who));
	IS(who == -getpgrp());
	who = getpid();
	T(ioctl(s, 0x8901, &who));
	who = 0;
	T(ioctl(s, 0x8903, &who));
	IS(who == getpid());
	who = 0x7ffffff;
	T(ioctl(s, 0x8901, &who));
	T(ioctl(s, 0x8901, NULL));
	T(ioctl(p[0], 0x8901, &who));
	close(s);
	close(p[0]);
	close(p[1]);
}

static void pipes(void)
{
	char buf[100];
	int p[2], d;

	t_pipe(p);
	async(p[0], RT);
	write(p[1], "a", 1);
	show_signals("first byte", p[0], p[1]);
	write(p[1], "b", 1);
	write(p[1], "c", 1);
	show_signals("two more", p[0], p[1]);
	read(p[0], buf, 1);
	show_signals("read", p[0], p[1]);
	// The writer's end, too.
	async(p[1], RT);
	write(p[1], "d", 1);
	show_signals("write", p[0], p[1]);
	read(p[0], buf, sizeof(buf));
	show_signals("read", p[0], p[1]);
	// A duplicate shares the state, and shows the number at the time of O_ASYNC.
	d = dup(p[0]);
	IS(fcntl(d, F_GETFL) & O_ASYNC);
	close(p[0]);
	write(p[1], "e", 1);
	show_signals("after a close of one", p[0], d);
	T(fcntl(d, F_SETFL, 0));
	write(p[1], "f", 1);
	show_signals("off", p[0], d);
	T(fcntl(d, F_SETFL, O_ASYNC));
	write(p[1], "g", 1);
	show_signals("on", d, p[0]);
	// Plain SIGIO, many times.
	T(fcntl(d, F_SETSIG, 0));
	write(p[1], "h", 1);
	write(p[1], "h", 1);
	show_signals("no signal set", d, p[0]);
	T(fcntl(d, F_SETSIG, SIGIO));
	write(p[1], "h", 1);
	write(p[1], "h", 1);
	show_signals("SIGIO set", d, p[0]);
	T(fcntl(d, F_SETSIG, SIGCHLD));
	write(p[1], "h", 1);
	show_signals("SIGCHLD set", d, p[0]);
	T(fcntl(d, F_SETSIG, RT));
	close(p[1]);
	show_signals("writer closed", d, p[1]);
	close(d);
	t_pipe(p);
	async(p[1], RT);
	close(p[0]);
	show_signals("reader closed", p[1], p[0]);
	close(p[1]);
	show_signals("own close", p[1], p[0]);
}

static void overflow(void)
{
	struct rlimit old, few = { 3, 3 };
	sigset_t set;
	int p[2], i;

	t_pipe(p);
	async(p[0], RT);
	getrlimit(RLIMIT_SIGPENDING, &old);
	few.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_SIGPENDING, &few);
	for (i = 0; i < 6; i++)
		write(p[1], "x", 1);
	sigpending(&set);
	IS(sigismember(&set, SIGIO));
	IS(sigismember(&set, RT));
	show_signals("overflow", p[0], p[1]);
	setrlimit(RLIMIT_SIGPENDING, &old);
	close(p[0]);
	close(p[1]);
}

static void unix_sockets(void)
{
	char big[4096] = { 0 }, buf[100];
	int s[2], n;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
	async(s[0], RT);
	write(s[1], "abc", 3);
	show_signals("stream data", s[0], s[1]);
	write(s[1], "abc", 3);
	show_signals("more", s[0], s[1]);
	read(s[0], buf, sizeof(buf));
	show_signals("read", s[0], s[1]);
	fcntl(s[0], F_SETFL, O_ASYNC | O_NONBLOCK);
	while ((n = write(s[0], big, sizeof(big))) > 0)
		;
	show_signals("full", s[0], s[1]);
	fcntl(s[1], F_SETFL, O_NONBLOCK);
	while (read(s[1], big, sizeof(big)) > 0)
		;
	show_signals("room again", s[0], s[1]);
	write(s[0], "x", 1);
	read(s[1], buf, 1);
	show_signals("room that nobody missed", s[0], s[1]);
	shutdown(s[1], SHUT_WR);
	show_signals("half closed", s[0], s[1]);
	close(s[1]);
	show_signals("closed", s[0], s[1]);
	close(s[0]);
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s) == 0);
	async(s[0], RT);
	write(s[1], "abc", 3);
	write(s[1], "abc", 3);
	show_signals("datagrams", s[0], s[1]);
	close(s[0]);
	close(s[1]);
}

static void terminals(void)
{
	int m = open("/dev/ptmx", O_RDWR | O_NOCTTY), unlock = 0, s;
	char name[64];

	CHECK(m >= 0 && ioctl(m, TIOCSPTLCK, &unlock) == 0);
	CHECK(ioctl(m, TIOCGPTN, &unlock) == 0);
	snprintf(name, sizeof(name), "/dev/pts/%d", unlock);
	s = open(name, O_RDWR | O_NOCTTY);
	CHECK(s >= 0);
	async(s, RT);
	write(m, "half", 4);
	show_signals("half a line", s, m);
	write(m, "\n", 1);
	wait_for(RT);
	show_signals("a line", s, m);
	close(s);
	close(m);
}

static void drop_chld(void)
{
	struct timespec now = { 0, 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigtimedwait(&set, NULL, &now);
}

static void permissions(void)
{
	int p[2], st;
	pid_t child = t_fork();

	if (!child) {
		// An owner of another user gets nothing from one without rights.
		t_drop_root(1000);
		t_pipe(p);
		printf("setown of init: %d\n", fcntl(p[0], F_SETOWN, getppid()));
		fcntl(p[0], F_SETSIG, RT);
		fcntl(p[0], F_SETFL, O_ASYNC);
		write(p[1], "x", 1);
		_exit(0);
	}
	st = t_wait(child);
	t_status("child", st);
	drop_chld();
	show_signals("from another user", -1, -1);
	child = t_fork();
	if (!child) {
		// Root's choice stays root's, whoever writes.
		t_pipe(p);
		fcntl(p[0], F_SETOWN, getppid());
		fcntl(p[0], F_SETFL, O_ASYNC);
		t_drop_root(1000);
		write(p[1], "x", 1);
		_exit(0);
	}
	st = t_wait(child);
	t_status("child", st);
	drop_chld();
	show_signals("from root", -1, -1);
}

int main(void)
{
	t_start();
	who_has_it();
	owners();
	block();
	pipes();
	overflow();
	unix_sockets();
	terminals();
	permissions();
	return 0;
}
