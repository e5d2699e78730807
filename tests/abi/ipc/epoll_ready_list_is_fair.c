// SPDX-License-Identifier: MPL-2.0
// More ready descriptors than epoll_wait may report: they come round in turn, also when some stop
// being ready.
#include "../lib/t.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int ep, fd[8];

static void look(int max)
{
	struct epoll_event e[8];
	int n = epoll_wait(ep, e, max, 0);

	printf("%d:", n);
	for (int i = 0; i < n; i++)
		printf(" %u", e[i].data.u32);
	printf("\n");
}

int main(void)
{
	uint64_t v;

	t_start();
	ep = epoll_create1(0);
	for (int i = 0; i < 8; i++) {
		struct epoll_event e = { .events = EPOLLIN, .data.u32 = (unsigned)i };
		fd[i] = eventfd(1, EFD_NONBLOCK);
		CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd[i], &e) == 0);
	}
	for (int i = 0; i < 6; i++)
		look(3);
	read(fd[2], &v, 8);
	read(fd[5], &v, 8);
	for (int i = 0; i < 4; i++)
		look(3);
	eventfd_write(fd[5], 1);
	eventfd_write(fd[2], 1);
	for (int i = 0; i < 3; i++)
		look(4);
	look(8);
	// One-shot and edge-triggered ones do not come round.
	struct epoll_event e = { .events = EPOLLIN | EPOLLONESHOT, .data.u32 = 40 };
	T(epoll_ctl(ep, EPOLL_CTL_MOD, fd[4], &e));
	e = (struct epoll_event){ .events = EPOLLIN | EPOLLET, .data.u32 = 60 };
	T(epoll_ctl(ep, EPOLL_CTL_MOD, fd[6], &e));
	look(8);
	look(8);
	close(fd[0]);
	close(fd[7]);
	look(8);
	return 0;
}
