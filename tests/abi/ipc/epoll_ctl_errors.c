// SPDX-License-Identifier: MPL-2.0
// epoll_create1 and epoll_ctl: EEXIST, ENOENT, EPERM for files, EINVAL, ELOOP, EPOLLEXCLUSIVE
// rules.
#include "../lib/t.h"
#include <sys/epoll.h>

static int ctl(int ep, int op, int fd, unsigned events)
{
	struct epoll_event e = { .events = events };

	return epoll_ctl(ep, op, fd, &e);
}

int main(void)
{
	struct epoll_event e[2];
	int p[2];

	t_start();
	t_pipe(p);
	t_file("f", "", 0600);
	int f = open("f", O_RDWR), d = open(".", O_RDONLY);
	T(epoll_create1(1));
	T(syscall(SYS_epoll_create1, -1));
	int ep = T(epoll_create1(EPOLL_CLOEXEC));
	T(fcntl(ep, F_GETFD));
	T(ctl(ep, EPOLL_CTL_ADD, p[0], EPOLLIN));
	T(ctl(ep, EPOLL_CTL_ADD, p[0], EPOLLIN));
	T(ctl(ep, EPOLL_CTL_MOD, p[0], EPOLLOUT));
	T(ctl(ep, EPOLL_CTL_MOD, p[1], EPOLLOUT));
	T(ctl(ep, EPOLL_CTL_DEL, p[1], 0));
	T(ctl(ep, EPOLL_CTL_ADD, f, EPOLLIN));
	T(ctl(ep, EPOLL_CTL_ADD, d, EPOLLIN));
	T(ctl(ep, EPOLL_CTL_ADD, ep, EPOLLIN));
	T(ctl(ep, EPOLL_CTL_ADD, 99, EPOLLIN));
	T(ctl(99, EPOLL_CTL_ADD, p[0], EPOLLIN));
	T(ctl(p[0], EPOLL_CTL_ADD, p[1], EPOLLIN));
	T(ctl(ep, 9, p[0], EPOLLIN));
	T(epoll_ctl(ep, EPOLL_CTL_ADD, p[1], NULL));
	T(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL));
	T(ctl(ep, EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLEXCLUSIVE));
	T(ctl(ep, EPOLL_CTL_MOD, p[0], EPOLLIN));
	T(ctl(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLEXCLUSIVE));
	T(ctl(ep, EPOLL_CTL_ADD, p[1], EPOLLOUT | EPOLLONESHOT | EPOLLEXCLUSIVE));
	int ep2 = T(epoll_create1(0));
	T(ctl(ep2, EPOLL_CTL_ADD, ep, EPOLLIN | EPOLLEXCLUSIVE));
	T(ctl(ep2, EPOLL_CTL_ADD, ep, EPOLLIN));
	T(ctl(ep, EPOLL_CTL_ADD, ep2, EPOLLIN));
	int last = ep2;
	for (int i = 0; i < 6; i++) {
		int next = epoll_create1(0);
		int r = ctl(next, EPOLL_CTL_ADD, last, EPOLLIN);

		printf("nest %d: %s\n", i, r ? t_errname(errno) : "ok");
		last = next;
	}
	T(epoll_wait(ep, e, 0, 0));
	T(epoll_wait(ep, e, -1, 0));
	T(epoll_wait(f, e, 1, 0));
	T(epoll_wait(99, e, 1, 0));
	T(epoll_wait(ep, e, 2, 0));
	write(p[1], "x", 1);
	T(epoll_wait(ep, (void *)8, 1, 0));
	T(epoll_wait(ep2, e, 2, 0));
	T(read(ep, e, 1));
	T(write(ep, e, 1));
	return 0;
}
