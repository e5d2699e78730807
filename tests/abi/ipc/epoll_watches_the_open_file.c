// SPDX-License-Identifier: MPL-2.0
// What is watched is the open file under a descriptor's number: dup, fork and reused numbers.
#include "../lib/t.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int ep;

static int ctl(int op, int fd, unsigned events, unsigned tag)
{
	struct epoll_event e = { .events = events, .data.u32 = tag };

	return epoll_ctl(ep, op, fd, &e);
}

static void ready(const char *what)
{
	struct epoll_event e[8];
	int n = epoll_wait(ep, e, 8, 0);

	printf("%s: %d", what, n);
	for (unsigned tag = 0; tag < 10; tag++)
		for (int i = 0; i < n; i++)
			if (e[i].data.u32 == tag)
				printf(" %u=%#x", tag, e[i].events);
	printf("\n");
}

int main(void)
{
	int go[2], back[2];

	t_start();
	ep = epoll_create1(EPOLL_CLOEXEC);
	int a = eventfd(1, 0);
	T(ctl(EPOLL_CTL_ADD, a, EPOLLIN, 1));
	int b = dup(a);
	T(ctl(EPOLL_CTL_ADD, b, EPOLLIN | EPOLLET, 2));
	ready("twice");
	ready("the edge is spent");
	close(a);
	ready("one number closed");
	T(ctl(EPOLL_CTL_DEL, a, 0, 0));
	T(ctl(EPOLL_CTL_MOD, a, EPOLLIN, 1));
	// The number names another file now: the old registration is still there, and a new one
	// stands beside it.
	int c = eventfd(0, 0);
	IS(c == a);
	T(ctl(EPOLL_CTL_MOD, c, EPOLLIN, 3));
	T(ctl(EPOLL_CTL_ADD, c, EPOLLIN | EPOLLOUT, 3));
	ready("same number twice");
	T(ctl(EPOLL_CTL_DEL, c, 0, 0));
	ready("new one removed");
	close(b);
	ready("last reference closed");
	T(ctl(EPOLL_CTL_ADD, c, EPOLLOUT, 4));
	t_pipe(go);
	t_pipe(back);
	pid_t pid = t_fork();
	if (pid == 0) {
		// The instance is shared with the child: what it adds, the parent sees, under the
		// child's number.
		int d = eventfd(7, 0);
		ctl(EPOLL_CTL_ADD, d, EPOLLIN, 5);
		t_put(back[1]);
		t_get(go[0]);
		_exit(0);
	}
	t_get(back[0]);
	close(c);
	ready("the child holds both");
	t_put(go[1]);
	t_reap("child", pid);
	ready("after the child");
	return 0;
}
