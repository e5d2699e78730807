// SPDX-License-Identifier: MPL-2.0
// fcntl locks: ranges, conflicts, F_GETLK answers, splitting, release at close, EDEADLK.
#include "../lib/t.h"

static int fd;

static int lock(int cmd, short type, short whence, off_t start, off_t len)
{
	struct flock fl = { .l_type = type, .l_whence = whence, .l_start = start, .l_len = len };

	return fcntl(fd, cmd, &fl);
}

static void probe(const char *what, off_t start, off_t len, pid_t owner)
{
	struct flock fl = { .l_type = F_WRLCK, .l_start = start, .l_len = len };

	CHECK(fcntl(fd, F_GETLK, &fl) == 0);
	if (fl.l_type == F_UNLCK)
		printf("%s: free\n", what);
	else
		printf("%s: %s start %ld len %ld whence %d owner %s\n", what,
			fl.l_type == F_RDLCK ? "read" : "write", (long)fl.l_start, (long)fl.l_len,
			fl.l_whence, fl.l_pid == owner ? "right" : "wrong");
}

int main(void)
{
	int a[2], b[2];

	t_start();
	t_file("f", "0123456789", 0600);
	fd = open("f", O_RDWR);
	int ro = open("f", O_RDONLY);
	t_pipe(a);
	t_pipe(b);
	T(lock(F_SETLK, F_WRLCK, SEEK_SET, 10, 20));
	T(lock(F_SETLK, F_UNLCK, SEEK_SET, 15, 5));
	T(lock(F_SETLK, F_RDLCK, SEEK_SET, 25, 100));
	T(lock(F_SETLK, F_WRLCK, SEEK_END, -10, 2));
	T(lock(F_SETLK, F_WRLCK, SEEK_SET, 1000, 0));
	T(lock(F_SETLK, F_WRLCK, SEEK_SET, 510, -10));
	T(lock(F_SETLK, F_WRLCK, SEEK_SET, -1, 5));
	T(lock(F_SETLK, F_WRLCK, 7, 0, 5));
	T(lock(F_SETLK, 9, SEEK_SET, 0, 5));
	T(lock(F_SETLK, F_WRLCK, SEEK_SET, 0, -5));
	probe("own locks do not show", 10, 5, 0);
	fd = ro;
	T(lock(F_SETLK, F_WRLCK, SEEK_SET, 0, 1));
	T(lock(F_SETLK, F_RDLCK, SEEK_SET, 5, 1));
	fd = open("/dev/null", O_RDWR);
	T(lock(F_SETLK, F_WRLCK, SEEK_SET, 0, 1));
	fd = 3;
	pid_t me = getpid();
	IN_CHILD("child", {
		probe("first", 0, 0, me);
		probe("hole", 15, 5, me);
		probe("second", 20, 5, me);
		probe("read", 25, 1, me);
		probe("to the end", 5000, 1, me);
		probe("negative length", 500, 1, me);
		T(lock(F_SETLK, F_WRLCK, SEEK_SET, 12, 1));
		T(lock(F_SETLK, F_RDLCK, SEEK_SET, 30, 1));
		T(lock(F_SETLK, F_WRLCK, SEEK_SET, 30, 1));
		T(lock(F_SETLK, F_WRLCK, SEEK_SET, 15, 5));
	});
	close(ro);
	IN_CHILD("closing any descriptor of the file released all", probe("all", 0, 0, me));
	T(lock(F_SETLK, F_WRLCK, SEEK_SET, 0, 1));
	pid_t pid = t_fork();
	if (pid == 0) {
		CHECK(lock(F_SETLK, F_WRLCK, SEEK_SET, 1, 1) == 0);
		t_put(b[1]);
		int r = lock(F_SETLKW, F_WRLCK, SEEK_SET, 0, 1);
		_exit(r ? errno : 0);
	}
	t_get(b[0]);
	t_wait_state(pid, 'S');
	T(lock(F_SETLKW, F_WRLCK, SEEK_SET, 1, 1));
	T(lock(F_SETLK, F_UNLCK, SEEK_SET, 0, 0));
	t_reap("waiter", pid);
	T(lock(F_SETLKW, F_WRLCK, SEEK_SET, 1, 1));
	T(lock(F_SETLK, F_WRLCK, SEEK_SET, LONG_MIN, 1));
	T(lock(F_SETLK, F_WRLCK, SEEK_SET, LONG_MIN, -1));
	T(lock(F_SETLK, F_WRLCK, SEEK_SET, 10, LONG_MIN));
	T(lock(F_SETLK, F_WRLCK, SEEK_SET, 0, -1));
	T(lock(F_SETLK, F_WRLCK, SEEK_SET, LONG_MAX, 1));
	T(lock(F_SETLK, F_WRLCK, SEEK_SET, LONG_MAX, 2));
	T(lock(F_SETLK, F_WRLCK, SEEK_SET, 5, LONG_MAX));
	return 0;
}
