// SPDX-License-Identifier: MPL-2.0
// A thread sleeps in read, poll, select or epoll_wait; another closes or replaces the descriptor:
// the sleeper goes on with the old file.
#include "../lib/t.h"
#include <sys/epoll.h>
#include <sys/socket.h>

static int fds[2], other[2], how, tid;
static volatile int ready;
static char result[100];

static void *sleeper(void *arg)
{
	struct pollfd p = { .fd = fds[0], .events = POLLIN };
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = 7 };
	fd_set set;
	char c = 0;
	int e, n;

	tid = t_gettid();
	__atomic_store_n(&ready, 1, __ATOMIC_SEQ_CST);
	switch (how) {
	case 0:
		n = read(fds[0], &c, 1);
		snprintf(result, sizeof(result), "read %d %c\n", n, c ? c : '-');
		break;
	case 1:
		n = poll(&p, 1, 5000);
		snprintf(result, sizeof(result), "poll %d %x\n", n, p.revents);
		break;
	case 2:
		FD_ZERO(&set);
		FD_SET(fds[0], &set);
		n = select(fds[0] + 1, &set, NULL, NULL, &(struct timeval){ .tv_sec = 5 });
		snprintf(result, sizeof(result), "select %d %d\n", n,
			n > 0 ? !!FD_ISSET(fds[0], &set) : -1);
		break;
	case 3:
		e = epoll_create1(0);
		CHECK(!epoll_ctl(e, EPOLL_CTL_ADD, fds[0], &ev));
		n = epoll_wait(e, &ev, 1, 5000);
		snprintf(result, sizeof(result), "epoll %d\n", n);
		close(e);
		break;
	default:
		n = recv(fds[0], &c, 1, 0);
		snprintf(result, sizeof(result), "recv %d %c\n", n, c ? c : '-');
	}
	return NULL;
}

static void try(int what, int sockets, int replace, int keep)
{
	pthread_t t;
	int copy = -1, saved;

	printf("-- what %d sockets %d replace %d keep %d\n", what, sockets, replace, keep);
	fflush(stdout);
	how = what;
	ready = 0;
	if (sockets)
		CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	else
		CHECK(!pipe(fds));
	CHECK(!pipe(other));
	if (keep)
		copy = dup(fds[0]);
	saved = fds[0];
	CHECK(!pthread_create(&t, NULL, sleeper, NULL));
	UNTIL(ready);
	t_wait_state(tid, 'S');
	if (replace)
		CHECK(dup2(other[0], saved) == saved);
	else
		close(saved);
	signal(SIGPIPE, SIG_IGN);
	if (replace)
		T(write(other[1], "n", 1));
	T(write(fds[1], "o", 1));
	pthread_join(t, NULL);
	printf("%s", result);
	if (replace)
		close(saved);
	if (keep)
		close(copy);
	close(fds[1]);
	close(other[0]);
	close(other[1]);
}

int main(void)
{
	t_start();
	for (int what = 0; what < 5; what++)
		for (int sockets = what == 4; sockets < 2; sockets++)
			for (int replace = 0; replace < 2; replace++)
				for (int keep = 0; keep < 2; keep++)
					if (what != 3 || keep)
						try(what, sockets, replace, keep);
	return 0;
}
