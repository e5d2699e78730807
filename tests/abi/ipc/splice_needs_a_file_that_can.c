// SPDX-License-Identifier: MPL-2.0
// splice and sendfile take from files and give to files that can; eventfd, timerfd and their kind
// cannot: EINVAL at once.
#include "../lib/t.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

static int p[2], out;

static void both(const char *name, int fd)
{
	printf("%s:\n", name);
	T(splice(fd, NULL, p[1], NULL, 8, SPLICE_F_NONBLOCK));
	T(splice(fd, NULL, p[1], NULL, 8, 0));
	T(sendfile(out, fd, NULL, 8));
	write(p[1], "12345678", 8);
	T(splice(p[0], NULL, fd, NULL, 8, SPLICE_F_NONBLOCK));
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	while (read(p[0], (char[64]){ 0 }, 64) > 0)
		;
	fcntl(p[0], F_SETFL, 0);
	close(fd);
}

int main(void)
{
	sigset_t set;

	t_start();
	t_tmpfs("");
	pipe(p);
	out = open("out", O_CREAT | O_RDWR, 0600);
	both("eventfd", eventfd(0, 0));
	both("eventfd with a count", eventfd(5, 0));
	both("timerfd", timerfd_create(CLOCK_MONOTONIC, 0));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	both("signalfd", signalfd(-1, &set, 0));
	both("inotify", inotify_init());
	both("epoll", epoll_create1(0));
	both("null", open("/dev/null", O_RDWR));
	both("zero", open("/dev/zero", O_RDWR));
	both("full", open("/dev/full", O_RDWR));
	both("file", open("in", O_CREAT | O_RDWR, 0600));
	return 0;
}
