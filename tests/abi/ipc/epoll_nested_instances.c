// SPDX-License-Identifier: MPL-2.0
// An instance that watches instances: readiness goes up, edges too; loops through a third are
// found; closing takes it apart.
#include "../lib/t.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int ctl(int ep, int op, int fd, unsigned events, unsigned tag)
{
	struct epoll_event e = { .events = events, .data.u32 = tag };

	return epoll_ctl(ep, op, fd, &e);
}

static void ready(const char *what, int ep)
{
	struct epoll_event e[4];
	int n = epoll_wait(ep, e, 4, 0);

	printf("%s: %d", what, n);
	for (int i = 0; i < n; i++)
		printf(" %u=%#x", e[i].data.u32, e[i].events);
	printf("\n");
}

int main(void)
{
	uint64_t v;

	t_start();
	int a = epoll_create1(0), b = epoll_create1(0), c = epoll_create1(0),
	    ev = eventfd(0, EFD_NONBLOCK);
	T(ctl(a, EPOLL_CTL_ADD, b, EPOLLIN, 2));
	T(ctl(b, EPOLL_CTL_ADD, c, EPOLLIN, 3));
	T(ctl(c, EPOLL_CTL_ADD, a, EPOLLIN, 1));
	T(ctl(c, EPOLL_CTL_ADD, ev, EPOLLIN, 4));
	ready("nothing", a);
	eventfd_write(ev, 1);
	ready("top", a);
	ready("middle", b);
	ready("bottom", c);
	struct pollfd p = { a, POLLIN | POLLOUT, 0 };
	T(poll(&p, 1, 0));
	SHOWX(p.revents);
	read(ev, &v, 8);
	ready("top, taken", a);
	T(poll(&p, 1, 0));
	T(ctl(a, EPOLL_CTL_MOD, b, EPOLLIN | EPOLLET, 2));
	eventfd_write(ev, 1);
	ready("top, edge", a);
	ready("top, edge again", a);
	eventfd_write(ev, 1);
	ready("top, another edge", a);
	// A waiter on the top is woken through both.
	read(ev, &v, 8);
	pid_t pid = t_fork();
	if (pid == 0) {
		struct epoll_event e;
		_exit(epoll_wait(a, &e, 1, 10000));
	}
	t_wait_state(pid, 'S');
	eventfd_write(ev, 1);
	t_reap("waiter", pid);
	close(b);
	ready("middle closed", a);
	T(ctl(c, EPOLL_CTL_ADD, a, EPOLLIN, 1));
	T(ctl(a, EPOLL_CTL_ADD, c, EPOLLIN, 1));
	ready("bottom", c);
	// The same instance through two others is no loop.
	int d = epoll_create1(0), e1 = epoll_create1(0), e2 = epoll_create1(0);
	T(ctl(e1, EPOLL_CTL_ADD, c, EPOLLIN, 5));
	T(ctl(e2, EPOLL_CTL_ADD, c, EPOLLIN, 6));
	T(ctl(d, EPOLL_CTL_ADD, e1, EPOLLIN, 7));
	T(ctl(d, EPOLL_CTL_ADD, e2, EPOLLIN, 8));
	ready("two ways", d);
	T(ctl(c, EPOLL_CTL_ADD, d, EPOLLIN, 9));
	T(ctl(d, EPOLL_CTL_DEL, e1, 0, 0));
	T(ctl(d, EPOLL_CTL_DEL, e1, 0, 0));
	ready("one way", d);
	return 0;
}
