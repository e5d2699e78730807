// SPDX-License-Identifier: MPL-2.0
// Level, edge and one-shot delivery; descriptors that close; duplicates; order of ready lists; HUP
// and ERR always come.
#include "../lib/t.h"
#include <sys/epoll.h>

static int ep;

static void add(int op, int fd, unsigned events, int tag)
{
	struct epoll_event e = { .events = events, .data.u32 = (unsigned)tag };

	CHECK(epoll_ctl(ep, op, fd, &e) == 0);
}

static void ready(const char *what)
{
	struct epoll_event e[8];
	int n = epoll_wait(ep, e, 8, 0);

	printf("%s:", what);
	for (int tag = 0; tag < 10; tag++)
		for (int i = 0; i < n; i++)
			if (e[i].data.u32 == (unsigned)tag)
				printf(" %d=%#x", tag, e[i].events);
	printf("\n");
}

int main(void)
{
	char buf[16];
	int p[2], q[2];

	t_start();
	ep = epoll_create1(0);
	t_pipe(p);
	add(EPOLL_CTL_ADD, p[0], EPOLLIN, 1);
	add(EPOLL_CTL_ADD, p[1], EPOLLOUT, 2);
	ready("start");
	ready("level again");
	add(EPOLL_CTL_MOD, p[1], EPOLLOUT | EPOLLET, 2);
	ready("edge once");
	ready("edge not again");
	write(p[1], "ab", 2);
	ready("written");
	read(p[0], buf, 1);
	ready("level with a rest");
	add(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET, 1);
	ready("changed to edge");
	read(p[0], buf, 1);
	ready("edge, empty");
	write(p[1], "c", 1);
	ready("edge, new data");
	ready("edge, not again");
	write(p[1], "d", 1);
	ready("edge, more data");
	add(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 1);
	ready("one shot");
	write(p[1], "e", 1);
	ready("one shot spent");
	add(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 1);
	ready("armed again");
	add(EPOLL_CTL_MOD, p[0], 0, 1);
	add(EPOLL_CTL_MOD, p[1], 0, 2);
	ready("no events asked");
	close(p[1]);
	ready("HUP without asking");
	t_pipe(q);
	add(EPOLL_CTL_ADD, q[1], 0, 3);
	close(q[0]);
	ready("ERR without asking");
	t_pipe(q);
	add(EPOLL_CTL_ADD, q[1], EPOLLOUT, 4);
	int d = dup(q[1]);
	close(q[1]);
	ready("closed, but duplicated");
	close(d);
	ready("both closed");
	int inner = epoll_create1(0);
	struct epoll_event e = { .events = EPOLLIN };
	t_pipe(q);
	CHECK(epoll_ctl(inner, EPOLL_CTL_ADD, q[0], &e) == 0);
	add(EPOLL_CTL_ADD, inner, EPOLLIN, 5);
	ready("nested, nothing");
	write(q[1], "x", 1);
	ready("nested, ready");
	return 0;
}
