// SPDX-License-Identifier: MPL-2.0
// Descriptors far above the first 4096: limits, dup2, fork, /proc/self/fd, close_range, exec's
// closing.
#include "../lib/t.h"
#include <dirent.h>
#include <linux/close_range.h>

static void listed(const char *what)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;
	int n = 0, high = 0;

	while ((e = readdir(d)) != NULL) {
		if (atoi(e->d_name) >= 1000) {
			n++;
			high = atoi(e->d_name) > high ? atoi(e->d_name) : high;
		}
	}
	closedir(d);
	printf("%s: %d, the highest %d\n", what, n, high);
}

int main(void)
{
	struct rlimit rl = { 600000, 600000 };
	char open_max[20] = "";
	int fd;

	t_start();
	fd = open("/proc/sys/fs/nr_open", O_RDONLY);
	read(fd, open_max, sizeof(open_max) - 1);
	close(fd);
	printf("nr_open %s", open_max);
	T(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 1048577, 1048577 }));
	T(setrlimit(RLIMIT_NOFILE, &rl));
	T(dup2(0, 4095));
	T(dup2(0, 4096));
	T(dup2(0, 4160));
	T(dup2(0, 8191));
	T(dup2(0, 8192));
	T(dup2(0, 599999));
	T(dup2(0, 600000));
	T(fcntl(0, F_DUPFD, 4096));
	T(fcntl(0, F_DUPFD, 599999));
	T(fcntl(0, F_DUPFD_CLOEXEC, 20000));
	T(fcntl(20000, F_GETFD));
	T(fcntl(20001, F_GETFD));
	T(fcntl(-1, F_GETFD));
	T(fcntl(0x7fffffff, F_GETFD));
	listed("open");
	IN_CHILD("forked", {
		listed("inherited");
		T(close(8192));
		T(close(8192));
		T(syscall(SYS_close_range, 4096, 8191, 0));
		listed("closed some");
		T(syscall(SYS_close_range, 599999, ~0u, 0));
		listed("closed the last");
	});
	for (fd = 0; fd < 5000; fd++)
		if (dup(0) < 0)
			break;
	printf("%d made\n", fd);
	listed("many");
	T(syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC));
	T(syscall(SYS_close_range, 3, ~0u, 0));
	listed("none");
	T(dup(0));
	return 0;
}
