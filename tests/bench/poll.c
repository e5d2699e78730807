// SPDX-License-Identifier: MPL-2.0
/*
 * Waiting on many descriptors; the pipes are empty, so every call looks at all of them and returns
 * at once with nothing (or one).
 */
#include "bench.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>

#define MAX 100
static int readers[MAX], writers[MAX];
static int ep;

static int make_pipes(unsigned n)
{
	unsigned i;
	int p[2];

	for (i = 0; i < n; i++) {
		NEED(pipe(p) == 0);
		readers[i] = p[0];
		writers[i] = p[1];
	}
	return 0;
}
static int pipes_10(void)
{
	return make_pipes(10);
}
static int pipes_100(void)
{
	return make_pipes(100);
}

static u64 selects(unsigned n, unsigned fds)
{
	fd_set set, now;
	struct timeval zero;
	unsigned i;
	int top = 0;

	FD_ZERO(&set);
	for (i = 0; i < fds; i++) {
		FD_SET(readers[i], &set);
		top = readers[i] > top ? readers[i] : top;
	}
	TIMED(n, {
		now = set;
		zero.tv_sec = zero.tv_usec = 0;
		NEED(select(top + 1, &now, NULL, NULL, &zero) == 0);
	});
}
static u64 run_select_10(unsigned n)
{
	return selects(n, 10);
}
static u64 run_select_100(unsigned n)
{
	return selects(n, 100);
}

static u64 polls(unsigned n, unsigned fds)
{
	struct pollfd p[MAX];
	unsigned i;

	for (i = 0; i < fds; i++)
		p[i] = (struct pollfd){ .fd = readers[i], .events = POLLIN };
	TIMED(n, NEED(poll(p, fds, 0) == 0));
}
static u64 run_poll_10(unsigned n)
{
	return polls(n, 10);
}
static u64 run_poll_100(unsigned n)
{
	return polls(n, 100);
}

/* One of a hundred is ready. */
static int make_epoll(void)
{
	struct epoll_event e = { .events = EPOLLIN };
	unsigned i;

	ep = epoll_create1(0);
	if (ep < 0)
		return -1;
	make_pipes(MAX);
	for (i = 0; i < MAX; i++) {
		e.data.fd = readers[i];
		NEED(epoll_ctl(ep, EPOLL_CTL_ADD, readers[i], &e) == 0);
	}
	NEED(write(writers[50], "x", 1) == 1);
	return 0;
}
static u64 run_epoll_wait(unsigned n)
{
	struct epoll_event e[8];

	TIMED(n, NEED(epoll_wait(ep, e, 8, 0) == 1));
}
static u64 run_epoll_ctl(unsigned n)
{
	struct epoll_event e = { .events = EPOLLIN };

	TIMED(n, {
		NEED(epoll_ctl(ep, EPOLL_CTL_DEL, readers[7], NULL) == 0);
		NEED(epoll_ctl(ep, EPOLL_CTL_ADD, readers[7], &e) == 0);
	});
}

const struct row rows_poll[] = {
	{ "select on 10 pipes", pipes_10, run_select_10 },
	{ "select on 100 pipes", pipes_100, run_select_100 },
	{ "poll on 10 pipes", pipes_10, run_poll_10 },
	{ "poll on 100 pipes", pipes_100, run_poll_100 },
	{ "epoll_wait, 1 of 100 ready", make_epoll, run_epoll_wait },
	{ "epoll_ctl del+add", make_epoll, run_epoll_ctl },
	{ NULL, NULL, NULL },
};
