// SPDX-License-Identifier: MPL-2.0
// close_range with its flags, EMFILE from every call that makes a descriptor, the lowest free
// number.
#include "../lib/t.h"
#include <linux/close_range.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

static void opened(const char *what)
{
	printf("%s:", what);
	for (int fd = 3; fd < 24; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf(" %d%s", fd, fcntl(fd, F_GETFD) ? "x" : "");
	printf("\n");
}

static long cr(unsigned a, unsigned b, unsigned flags)
{
	return syscall(SYS_close_range, a, b, flags);
}

int main(void)
{
	int p[2];
	struct rlimit rl = { 10, 1024 };

	t_start();
	for (int i = 3; i < 12; i++)
		dup(0);
	opened("start");
	T(cr(5, 7, 0));
	opened("closed 5-7");
	T(cr(6, 5, 0));
	T(cr(3, 4, 0x100));
	T(cr(8, 9, CLOSE_RANGE_CLOEXEC));
	opened("8-9 to close on exec");
	IN_CHILD("unshare", {
		T(cr(3, ~0u, CLOSE_RANGE_UNSHARE));
		opened("child");
	});
	opened("parent");
	T(cr(10, ~0u, 0));
	opened("from 10");
	T(cr(100, 200, 0));
	T(dup(0));
	T(dup(0));
	T(close(3));
	T(open("/dev/null", O_RDONLY));
	T(setrlimit(RLIMIT_NOFILE, &rl));
	while (dup(0) >= 0)
		;
	opened("full");
	T(open("/dev/null", O_RDONLY));
	T(open("none", O_RDONLY));
	T(dup(0));
	T(pipe(p));
	T(socket(AF_UNIX, SOCK_STREAM, 0));
	T(socketpair(AF_UNIX, SOCK_STREAM, 0, p));
	T(eventfd(0, 0));
	T(epoll_create1(0));
	T(memfd_create("x", 0));
	T(open("made", O_RDWR | O_CREAT, 0600));
	T(access("made", F_OK));
	T(close(9));
	T(pipe(p));
	T(dup(0));
	T(close(99));
	T(close(-1));
	return 0;
}
