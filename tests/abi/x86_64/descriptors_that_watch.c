// SPDX-License-Identifier: MPL-2.0
// epoll_create, epoll_wait, signalfd, eventfd and inotify_init by their own numbers: the calls
// without flags.
#include "../lib/t.h"
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>

int main(void)
{
	struct epoll_event ev[4], add = { .events = EPOLLIN, .data.u64 = 0x1122334455667788ul };
	uint64_t v = 0;

	t_start();
	int ep = (int)T(syscall(213, 1));
	SHOW(fcntl(ep, F_GETFD));
	T(syscall(213, 0));
	T(syscall(213, -1));
	T(syscall(213, 1 << 30) > 0);
	int e = (int)T(syscall(284, 5));
	SHOWO(fcntl(e, F_GETFL));
	SHOW(fcntl(e, F_GETFD));
	T(syscall(284, 0xffffffffu) > 0);
	// The event is packed on this architecture: 12 bytes.
	SHOW(sizeof(struct epoll_event));
	T(epoll_ctl(ep, EPOLL_CTL_ADD, e, &add));
	add.data.u64 = 2;
	T(epoll_ctl(ep, EPOLL_CTL_ADD, (int)T(syscall(284, 1)), &add));
	memset(ev, 0xee, sizeof(ev));
	T(syscall(232, ep, ev, 4, 0));
	for (int i = 0; i < 2; i++)
		printf("%#x %#llx\n", ev[i].events, (unsigned long long)ev[i].data.u64);
	t_hex("not written", ev + 2, 4);
	T(syscall(232, ep, ev, 1, -1));
	T(read(e, &v, 8));
	SHOW(v);
	T(syscall(232, ep, ev, 0, 0));
	T(syscall(232, ep, ev, -1, 0));
	T(syscall(232, ep, (void *)8, 4, 0));
	T(syscall(232, 99, ev, 4, 0));
	T(syscall(232, 0, ev, 4, 0));
	T(syscall(232, ep, ev, 1 << 30, 0));

	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	int s = (int)T(syscall(282, -1, &set, 8));
	SHOWO(fcntl(s, F_GETFL));
	SHOW(fcntl(s, F_GETFD));
	T(syscall(282, -1, &set, 4));
	T(syscall(282, -1, &set, 128));
	T(syscall(282, -1, (void *)8, 8));
	T(syscall(282, 99, &set, 8));
	T(syscall(282, 0, &set, 8));
	raise(SIGUSR1);
	struct signalfd_siginfo si;
	T(read(s, &si, sizeof(si)));
	SHOW(si.ssi_signo);
	sigaddset(&set, SIGUSR2);
	T(syscall(282, s, &set, 8) == s);

	int in = (int)T(syscall(253));
	SHOWO(fcntl(in, F_GETFL));
	SHOW(fcntl(in, F_GETFD));
	T(inotify_add_watch(in, ".", IN_CREATE));
	t_file("f", "x", 0600);
	char buf[256];
	struct inotify_event *ie = (void *)buf;
	T(read(in, buf, sizeof(buf)));
	printf("%#x %s\n", ie->mask, ie->name);
	return 0;
}
