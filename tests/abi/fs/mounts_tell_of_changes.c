// SPDX-License-Identifier: MPL-2.0
// poll and epoll on /proc/self/mounts and mountinfo tell of each change of the mounts, once.
#include "../lib/t.h"
#include <sys/epoll.h>

static int file[2];

static void look(const char *what)
{
	for (int i = 0; i < 2; i++) {
		struct pollfd p = { file[i], POLLIN | POLLPRI, 0 };
		int n = poll(&p, 1, 0);

		printf("%s: %d %#x", what, n, p.revents);
		p.revents = 0;
		n = poll(&p, 1, 0);
		printf(", then %d %#x\n", n, p.revents);
	}
}

int main(void)
{
	struct epoll_event ev = { .events = EPOLLPRI };
	int e, p[2];
	pid_t c;

	t_start();
	CHECK(mkdir("m", 0755) == 0 && mkdir("n", 0755) == 0);
	file[0] = open("/proc/self/mounts", O_RDONLY);
	file[1] = open("/proc/self/mountinfo", O_RDONLY);
	CHECK(mount(NULL, "/", NULL, MS_PRIVATE, NULL) == 0);
	CHECK(mount("x", "m", "tmpfs", 0, "") == 0);
	look("mount");
	CHECK(mount(NULL, "m", NULL, MS_PRIVATE, NULL) == 0);
	look("private");
	CHECK(mount("x", "m", NULL, MS_REMOUNT | MS_NOSUID, "") == 0);
	look("remount");
	CHECK(mount("x", "m", NULL, MS_REMOUNT | MS_BIND, "") == 0);
	look("bind remount");
	CHECK(mount("m", "n", NULL, MS_MOVE, NULL) == 0);
	look("move");
	T(mount("m", "n", NULL, MS_MOVE, NULL));
	look("failed move");
	CHECK(mount("n", "m", NULL, MS_BIND, NULL) == 0);
	look("bind");
	CHECK(umount("m") == 0);
	look("umount");
	T(umount("m"));
	look("failed umount");
	T(umount2("n", MNT_EXPIRE));
	look("expire");
	CHECK(umount2("n", MNT_DETACH) == 0);
	look("detach");

	e = epoll_create1(0);
	T(epoll_ctl(e, EPOLL_CTL_ADD, file[0], &ev));
	T(epoll_wait(e, &ev, 1, 0));
	t_pipe(p);
	c = t_fork();
	if (c == 0) {
		t_get(p[0]);
		CHECK(mount("x", "m", "tmpfs", 0, "") == 0);
		_exit(0);
	}
	t_put(p[1]);
	T(epoll_wait(e, &ev, 1, -1));
	SHOWX(ev.events);
	T(epoll_wait(e, &ev, 1, 0));
	t_reap("child", c);
	CHECK(umount("m") == 0);
	T(epoll_wait(e, &ev, 1, 0));
	T(epoll_ctl(e, EPOLL_CTL_ADD, open("/proc/self/status", O_RDONLY), &ev));
	return 0;
}
