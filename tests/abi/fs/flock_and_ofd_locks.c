// SPDX-License-Identifier: MPL-2.0
// flock and open-file-description locks belong to the description: shared by dup and fork, conflict
// between opens.
#include "../lib/t.h"
#include <sys/file.h>

static int ofd(int fd, int cmd, short type, off_t start, off_t len)
{
	struct flock fl = { .l_type = type, .l_start = start, .l_len = len };

	return fcntl(fd, cmd, &fl);
}

int main(void)
{
	t_start();
	t_file("f", "", 0600);
	int a = open("f", O_RDWR), b = open("f", O_RDWR), c = dup(a);
	T(flock(a, LOCK_SH));
	T(flock(b, LOCK_SH | LOCK_NB));
	T(flock(b, LOCK_EX | LOCK_NB));
	T(flock(b, LOCK_UN));
	T(flock(c, LOCK_EX | LOCK_NB));
	T(flock(b, LOCK_SH | LOCK_NB));
	T(close(a));
	T(flock(b, LOCK_SH | LOCK_NB));
	IN_CHILD("the child shares it", {
		T(flock(c, LOCK_EX | LOCK_NB));
		T(flock(c, LOCK_UN));
	});
	T(flock(b, LOCK_EX | LOCK_NB));
	T(flock(b, 0));
	T(flock(b, LOCK_SH | LOCK_EX));
	T(flock(99, LOCK_SH));
	T(flock(open("f", O_PATH), LOCK_SH));
	pid_t pid = t_fork();
	if (pid == 0) {
		int d = open("f", O_RDWR);
		_exit(flock(d, LOCK_EX) ? errno : 0);
	}
	t_wait_state(pid, 'S');
	T(flock(b, LOCK_UN));
	t_reap("waiter", pid);
	a = open("f", O_RDWR);
	T(ofd(a, F_OFD_SETLK, F_WRLCK, 0, 10));
	T(ofd(b, F_OFD_SETLK, F_WRLCK, 5, 10));
	T(ofd(b, F_OFD_SETLK, F_WRLCK, 10, 10));
	T(ofd(b, F_SETLK, F_WRLCK, 0, 1));
	T(ofd(b, F_SETLK, F_WRLCK, 100, 1));
	T(ofd(a, F_OFD_SETLK, F_WRLCK, 100, 1));
	struct flock fl = { .l_type = F_WRLCK, .l_start = 0, .l_len = 1, .l_pid = 1 };
	T(fcntl(b, F_OFD_GETLK, &fl));
	fl.l_pid = 0;
	T(fcntl(b, F_OFD_GETLK, &fl));
	SHOW(fl.l_type);
	SHOW(fl.l_pid);
	int e = open("f", O_RDWR);
	close(e);
	T(ofd(b, F_OFD_SETLK, F_WRLCK, 0, 1));
	close(a);
	T(ofd(b, F_OFD_SETLK, F_WRLCK, 0, 1));
	return 0;
}
