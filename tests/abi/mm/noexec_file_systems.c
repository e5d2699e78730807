// SPDX-License-Identifier: MPL-2.0
// Nothing of a file system without programs is mapped with the right to execute: EPERM comes before
// ENODEV.
#include "../lib/t.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/personality.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

static void tell(const char *what, int fd)
{
	static const int prots[] = { PROT_READ, PROT_READ | PROT_EXEC, PROT_EXEC };
	unsigned i, type;
	char *p;

	for (type = MAP_SHARED; type <= MAP_PRIVATE; type++) {
		printf("%s, %s:", what, type == MAP_SHARED ? "shared" : "private");
		for (i = 0; i < T_LEN(prots); i++) {
			p = mmap(NULL, 4096, prots[i], (int)type, fd, 0);
			printf(" %s", p == MAP_FAILED ? t_errname(errno) : "0");
			if (p == MAP_FAILED)
				continue;
			printf("/%s",
				mprotect(p, 4096, PROT_READ | PROT_EXEC) ? t_errname(errno) : "0");
			munmap(p, 4096);
		}
		puts("");
	}
}

static void open_and_tell(const char *path, int flags)
{
	int fd = open(path, flags);

	tell(path, fd);
	close(fd);
}

static void all(void)
{
	sigset_t set;
	int fd[2];

	open_and_tell("/proc/self/status", O_RDONLY);
	open_and_tell("/proc/self/exe", O_RDONLY);
	open_and_tell("/proc/self/maps", O_RDONLY);
	open_and_tell("/proc/self/mem", O_RDWR);
	open_and_tell("/proc", O_RDONLY);
	open_and_tell("/proc/sys/vm/max_map_count", O_RDWR);
	open_and_tell("/sys/class/net/lo/mtu", O_RDONLY);
	open_and_tell("/dev/zero", O_RDWR);
	open_and_tell("/dev/null", O_RDWR);
	open_and_tell(".", O_RDONLY);
	tell("eventfd", eventfd(0, 0));
	tell("epoll", epoll_create1(0));
	tell("inotify", inotify_init());
	sigemptyset(&set);
	tell("signalfd", signalfd(-1, &set, 0));
	tell("timerfd", timerfd_create(CLOCK_MONOTONIC, 0));
	CHECK(pipe(fd) == 0);
	tell("pipe", fd[0]);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
	tell("socket", fd[0]);
	tell("memfd", memfd_create("m", 0));
}

int main(void)
{
	t_start();
	all();
	T(access("/proc/self/status", X_OK));
	T(access("/proc/self/exe", X_OK));
	T(access("/proc/self", X_OK));
	T(access("/sys/class/net/lo/mtu", X_OK));
	personality(READ_IMPLIES_EXEC);
	puts("read implies exec");
	all();
	return 0;
}
