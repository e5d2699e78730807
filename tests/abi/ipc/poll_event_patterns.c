// SPDX-License-Identifier: MPL-2.0
// poll: what pipes, sockets, files, closed and negative descriptors answer; time limits and errors.
#include "../lib/t.h"
#include <sys/socket.h>

static void show(const char *what, int fd, short events)
{
	struct pollfd p = { fd, events, 0x7777 };
	int n = poll(&p, 1, 0);

	printf("%s: %d %#x\n", what, n, p.revents);
}

#define ALL (POLLIN | POLLOUT | POLLPRI | POLLRDHUP)

int main(void)
{
	int p[2], s[2];

	t_start();
	t_pipe(p);
	show("empty pipe, read end", p[0], ALL);
	show("empty pipe, write end", p[1], ALL);
	write(p[1], "x", 1);
	show("pipe with data", p[0], ALL);
	show("nothing asked", p[0], 0);
	close(p[1]);
	show("data, writer gone", p[0], ALL);
	read(p[0], &(char){ 0 }, 1);
	show("empty, writer gone", p[0], ALL);
	show("empty, writer gone, nothing asked", p[0], 0);
	t_pipe(p);
	close(p[0]);
	show("reader gone", p[1], ALL);
	show("closed", 99, ALL);
	show("negative", -1, ALL);
	t_file("f", "", 0600);
	show("regular file", open("f", O_RDONLY), ALL);
	show("directory", open(".", O_RDONLY), ALL);
	show("/dev/null", open("/dev/null", O_RDWR), ALL);
	show("/dev/zero", open("/dev/zero", O_RDWR), ALL);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
	show("socket", s[0], ALL);
	write(s[1], "x", 1);
	show("socket with data", s[0], ALL);
	shutdown(s[1], SHUT_WR);
	show("peer shut its write side", s[0], ALL);
	shutdown(s[0], SHUT_WR);
	show("both write sides", s[0], ALL);
	close(s[1]);
	show("peer closed", s[0], ALL);
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s) == 0);
	show("datagram", s[0], ALL);
	close(s[1]);
	show("datagram, peer closed", s[0], ALL);
	show("new stream socket", socket(AF_UNIX, SOCK_STREAM, 0), ALL);
	struct pollfd many[3] = { { -1, ALL, 0 }, { 99, ALL, 0 }, { p[1], ALL, 0 } };
	T(poll(many, 3, -1));
	T(poll(NULL, 0, 5));
	T(poll((void *)8, 1, 0));
	struct rlimit rl = { 64, 64 };
	setrlimit(RLIMIT_NOFILE, &rl);
	T(syscall(SYS_ppoll, many, 65, NULL, NULL, 8));
	struct timespec bad = { 0, -1 }, ts = { 0, 1000000 };
	T(ppoll(many, 0, &bad, NULL));
	T(ppoll(many, 1, &ts, NULL));
	sigset_t set;
	sigemptyset(&set);
	T(syscall(SYS_ppoll, many, 1, &ts, &set, 4));
	return 0;
}
