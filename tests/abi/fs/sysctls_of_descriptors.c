// SPDX-License-Identifier: MPL-2.0
// /proc/sys/fs: the size limit of pipes is rounded, refused when nonsense, and obeyed; limits of
// epoll and inotify are there.
#include "../lib/t.h"

static long number(const char *path)
{
	char *s = t_slurp(path);

	return s ? atol(s) : -1;
}

static int set(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	int n = (int)write(fd, text, strlen(text));

	close(fd);
	return n;
}

#define PIPES "/proc/sys/fs/pipe-max-size"

int main(void)
{
	int p[2];

	t_start();
	T(number(PIPES));
	T(set(PIPES, "100000\n"));
	T(number(PIPES));
	t_pipe(p);
	IN_CHILD("user", {
		t_drop_root(1000);
		T(fcntl(p[0], F_SETPIPE_SZ, 131072));
		T(fcntl(p[0], F_SETPIPE_SZ, 131073));
		T(open(PIPES, O_WRONLY));
	});
	T(fcntl(p[0], F_SETPIPE_SZ, 1 << 21));
	T(set(PIPES, "x\n"));
	T(set(PIPES, "4294967295\n"));
	T(set(PIPES, "1048576"));
	T(number(PIPES));
	T(number("/proc/sys/fs/pipe-user-pages-soft"));
	T(number("/proc/sys/fs/pipe-user-pages-hard"));
	T(number("/proc/sys/fs/epoll/max_user_watches") > 1000);
	T(number("/proc/sys/fs/inotify/max_user_instances"));
	T(number("/proc/sys/fs/inotify/max_user_watches") >= 8192);
	T(number("/proc/sys/fs/inotify/max_queued_events"));
	return 0;
}
