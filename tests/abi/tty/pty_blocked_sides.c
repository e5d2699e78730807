// SPDX-License-Identifier: MPL-2.0
// Who is blocked in read or write on a pty is woken by input, by room, by a signal, by the other
// side's end.
#include "../lib/t.h"
#include <termios.h>

static int m, s;
static char big[100000];

static void raw(void)
{
	struct termios t;

	tcgetattr(s, &t);
	cfmakeraw(&t);
	tcsetattr(s, TCSANOW, &t);
}

static void make(void)
{
	m = posix_openpt(O_RDWR | O_NOCTTY);
	unlockpt(m);
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
}

static void on_usr1(int sig, siginfo_t *si, void *uc)
{
}

// A child that runs @fn and has closed the other side; it sleeps when this returns.
static pid_t start(ssize_t (*fn)(void), int close_fd)
{
	pid_t pid = t_fork();

	if (pid == 0) {
		close(close_fd);
		ssize_t n = fn();
		printf("  child: %zd %s\n", n, n < 0 ? t_errname(errno) : "");
		_exit(0);
	}
	t_wait_state(pid, 'S');
	return pid;
}

static ssize_t read_slave(void)
{
	char buf[64];

	return read(s, buf, sizeof(buf));
}

static ssize_t read_master(void)
{
	char buf[64];

	return read(m, buf, sizeof(buf));
}

static ssize_t write_slave(void)
{
	ssize_t n = write(s, big, sizeof(big));

	return n == sizeof(big) || n < 0 ? n : 1;
}

static ssize_t write_master(void)
{
	ssize_t n = write(m, big, sizeof(big));

	return n == sizeof(big) || n < 0 ? n : 1;
}

static void drain(int fd, size_t n)
{
	char buf[4096];

	while (n) {
		ssize_t k = read(fd, buf, n < sizeof(buf) ? n : sizeof(buf));
		CHECK(k > 0);
		n -= (size_t)k;
	}
}

static void finish(const char *what, pid_t pid)
{
	t_reap(what, pid);
	close(m);
	close(s);
}

int main(void)
{
	pid_t pid;

	t_start();
	memset(big, 'x', sizeof(big));
	t_handle(SIGUSR1, on_usr1, 0);

	make();
	pid = start(read_slave, m);
	write(m, "ab", 2);
	write(m, "c\n", 2);
	finish("reader of the slave, line", pid);

	make();
	raw();
	pid = start(read_slave, m);
	write(m, "a", 1);
	finish("reader of the slave, raw", pid);

	make();
	pid = start(read_master, s);
	write(s, "abc", 3);
	finish("reader of the master", pid);

	make();
	pid = start(read_slave, m);
	kill(pid, SIGUSR1);
	finish("reader of the slave, signal", pid);

	make();
	pid = start(read_master, s);
	kill(pid, SIGUSR1);
	finish("reader of the master, signal", pid);

	make();
	pid = start(read_master, s);
	close(s);
	finish("reader of the master, slave closed", pid);

	make();
	raw();
	pid = start(write_slave, m);
	drain(m, sizeof(big));
	finish("writer of the slave, room", pid);

	make();
	raw();
	pid = start(write_slave, m);
	kill(pid, SIGUSR1);
	finish("writer of the slave, signal", pid);

	make();
	raw();
	pid = start(write_slave, m);
	close(m);
	finish("writer of the slave, master closed", pid);

	make();
	raw();
	pid = start(write_master, s);
	drain(s, sizeof(big));
	finish("writer of the master, room", pid);

	make();
	raw();
	pid = start(write_master, s);
	kill(pid, SIGUSR1);
	finish("writer of the master, signal", pid);

	// Lines give way to lines, not to more of the same line.
	make();
	struct termios t;
	tcgetattr(s, &t);
	t.c_lflag &= ~(unsigned)ECHO;
	tcsetattr(s, TCSANOW, &t);
	T(write(m, big, sizeof(big)));
	T(write(m, "\n", 1));
	T(read(s, big, sizeof(big)));
	memset(big, 'y', sizeof(big));
	for (size_t i = 99; i < sizeof(big); i += 100)
		big[i] = '\n';
	pid = start(write_master, s);
	int n = 0;
	for (int i = 0; i < 1000; i++)
		n += read(s, big, sizeof(big)) == 100;
	finish("writer of lines", pid);
	SHOW(n);

	// The attributes change under a reader.
	make();
	pid = start(read_slave, m);
	write(m, "xyz", 3);
	t_wait_state(pid, 'S');
	raw();
	finish("reader of a line that becomes raw", pid);

	make();
	raw();
	t.c_lflag = ICANON;
	t.c_cc[VMIN] = 5;
	pid = start(read_slave, m);
	tcsetattr(s, TCSANOW, &t);
	write(m, "q\n", 2);
	finish("raw reader that gets a line", pid);
	return 0;
}
