// SPDX-License-Identifier: MPL-2.0
// epoll_wait sleeps until another process writes; time limits; epoll_pwait with a mask.
#include "../lib/t.h"
#include <sys/epoll.h>

static volatile int n;

static void on_sig(int sig, siginfo_t *si, void *uc)
{
	n++;
}

int main(void)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = 7 };
	sigset_t none, usr1;
	int p[2];

	t_start();
	t_pipe(p);
	int ep = epoll_create1(0);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e) == 0);
	pid_t me = getpid();
	pid_t pid = t_fork();
	if (pid == 0) {
		t_wait_state(me, 'S');
		write(p[1], "x", 1);
		_exit(0);
	}
	T(epoll_wait(ep, &e, 1, -1));
	SHOW(e.data.u32);
	t_wait(pid);
	read(p[0], &(char){ 0 }, 1);
	uint64_t t = t_now_ns();
	T(epoll_wait(ep, &e, 1, 20));
	IS(t_now_ns() - t >= 20000000);
	t_handle(SIGUSR1, on_sig, 0);
	t_block(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	sigemptyset(&none);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	T(epoll_pwait(ep, &e, 1, 10, &usr1));
	SHOW(n);
	T(epoll_pwait(ep, &e, 1, -1, &none));
	SHOW(n);
	T(syscall(SYS_epoll_pwait, ep, &e, 1, 0, &none, 4));
	struct timespec ts = { 0, 1000000 }, bad = { 0, 1000000000 };
	T(syscall(SYS_epoll_pwait2, ep, &e, 1, &ts, NULL, 0));
	T(syscall(SYS_epoll_pwait2, ep, &e, 1, &bad, NULL, 0));
	close(p[1]);
	T(epoll_wait(ep, &e, 1, -1));
	SHOWX(e.events);
	return 0;
}
