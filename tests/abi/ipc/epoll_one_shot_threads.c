// SPDX-License-Identifier: MPL-2.0
// Threads that wait on one instance: a one-shot event goes to one of them; none is lost;
// EPOLLEXCLUSIVE wakes at least one.
#include "../lib/t.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

#define EVENTS 2000
#define FDS    16

static int ep, stop, fd[FDS];
static int inside[FDS];
static int overlaps, taken;

static void *worker(void *arg)
{
	struct epoll_event e[4];

	for (;;) {
		int n = epoll_wait(ep, e, 4, -1);

		for (int i = 0; i < n; i++) {
			unsigned k = e[i].data.u32;
			uint64_t v = 0;

			if (k == FDS)
				return NULL;
			if (__atomic_exchange_n(&inside[k], 1, __ATOMIC_SEQ_CST))
				__atomic_add_fetch(&overlaps, 1, __ATOMIC_SEQ_CST);
			if (read(fd[k], &v, 8) == 8)
				__atomic_add_fetch(&taken, (int)v, __ATOMIC_SEQ_CST);
			__atomic_store_n(&inside[k], 0, __ATOMIC_SEQ_CST);
			struct epoll_event again = { .events = EPOLLIN | EPOLLONESHOT,
				.data.u32 = k };
			epoll_ctl(ep, EPOLL_CTL_MOD, fd[k], &again);
		}
	}
}

static int woken, exfd;

static void *exclusive(void *arg)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLEXCLUSIVE };
	int own = epoll_create1(0);

	CHECK(epoll_ctl(own, EPOLL_CTL_ADD, exfd, &e) == 0);
	CHECK(epoll_wait(own, &e, 1, -1) == 1);
	__atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
	uint64_t v = 1;
	// Level triggered and not consumed: pass it on, so that everybody ends.
	write(exfd, &v, 8);
	close(own);
	return NULL;
}

int main(void)
{
	pthread_t t[4];

	t_start();
	ep = epoll_create1(0);
	for (unsigned k = 0; k < FDS; k++) {
		struct epoll_event e = { .events = EPOLLIN | EPOLLONESHOT, .data.u32 = k };
		fd[k] = eventfd(0, EFD_NONBLOCK);
		CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd[k], &e) == 0);
	}
	stop = eventfd(0, 0);
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = FDS };
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, stop, &e) == 0);
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, worker, NULL);
	for (int i = 0; i < EVENTS; i++)
		eventfd_write(fd[i % FDS], 1);
	IS(UNTIL(__atomic_load_n(&taken, __ATOMIC_SEQ_CST) == EVENTS));
	eventfd_write(stop, 1);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	SHOW(overlaps);
	SHOW(taken);
	exfd = eventfd(0, EFD_NONBLOCK);
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, exclusive, NULL);
	eventfd_write(exfd, 1);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	SHOW(woken);
	return 0;
}
