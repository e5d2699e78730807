// SPDX-License-Identifier: MPL-2.0
// /proc/sys/fs: the size limit of pipes is rounded, refused when nonsense, and obeyed; limits of
// epoll and inotify are there; open files and the pages of pipes are counted and bounded.
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

#define FILES "/proc/sys/fs/file-"
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

	/* open files are counted, and bounded for the unprivileged */
	long before = number(FILES "nr");
	int fd[300];
	for (int i = 0; i < 300; i++)
		fd[i] = open("/", O_RDONLY);
	long more = number(FILES "nr") - before;
	IS(more > 250 && more < 350);
	char *most = strdup(t_slurp(FILES "max"));
	T(set(FILES "max", "1\n")); /* Linux may miss some dozens of files a CPU, but not 300 */
	T(number(FILES "max"));
	int one = open("/", O_RDONLY);
	IS(one >= 0);
	IN_CHILD("user", {
		t_drop_root(1000);
		T(open("/", O_RDONLY));
		T(pipe(p));
		T(dup(fd[0]) > 0);
	});
	for (int i = 0; i < 300; i++)
		close(fd[i]);
	close(one);
	T(set(FILES "max", "-1\n"));
	IS(set(FILES "max", most) > 0);

	/* a user's pipes: small ones above the soft limit, none above the hard one */
	T(set("/proc/sys/fs/pipe-user-pages-soft", "20"));
	IN_CHILD("user", {
		t_drop_root(1001);
		T(pipe(fd));
		T(fcntl(fd[0], F_GETPIPE_SZ));
		T(pipe(fd));
		T(fcntl(fd[0], F_GETPIPE_SZ));
		T(fcntl(fd[0], F_SETPIPE_SZ, 65536));
		T(pipe(fd));
	});
	T(set("/proc/sys/fs/pipe-user-pages-hard", "16"));
	IN_CHILD("user", {
		t_drop_root(1002);
		T(pipe(fd));
		T(fcntl(fd[0], F_GETPIPE_SZ));
		T(pipe(fd + 2));
		T(pipe(fd + 4));
	});
	T(set("/proc/sys/fs/pipe-user-pages-hard", "0"));
	T(set("/proc/sys/fs/pipe-user-pages-soft", "16384"));
	return 0;
}
