// SPDX-License-Identifier: MPL-2.0
// flock that changes a lock takes the old one away first: an attempt that fails has lost it, and
// two who share a lock and both want it alone do not wait for each other.
#include "../lib/t.h"
#include <sys/file.h>

static pid_t sharer(int ready, int go)
{
	pid_t pid = t_fork();

	if (pid == 0) {
		int fd = open("f", O_RDWR), err;

		CHECK(flock(fd, LOCK_SH) == 0);
		t_put(ready);
		t_get(go);
		err = flock(fd, LOCK_EX) ? errno : 0;
		flock(fd, LOCK_UN);
		_exit(err);
	}
	return pid;
}

int main(void)
{
	int a, b, c, ready[2], go[2], i;
	pid_t pid[2];

	t_start();
	t_file("f", "", 0600);
	a = open("f", O_RDWR);
	b = open("f", O_RDWR);
	c = open("f", O_RDWR);
	T(flock(a, LOCK_SH));
	T(flock(b, LOCK_SH));
	T(flock(a, LOCK_EX | LOCK_NB));
	T(flock(b, LOCK_EX | LOCK_NB));
	T(flock(c, LOCK_SH | LOCK_NB));
	T(flock(b, LOCK_SH | LOCK_NB));
	T(flock(c, LOCK_SH | LOCK_NB));
	T(flock(b, LOCK_SH));
	T(flock(b, LOCK_UN));
	T(flock(c, LOCK_EX | LOCK_NB));
	T(flock(c, LOCK_UN));
	t_pipe(ready);
	t_pipe(go);
	for (i = 0; i < 2; i++)
		pid[i] = sharer(ready[1], go[0]);
	for (i = 0; i < 2; i++)
		t_get(ready[0]);
	for (i = 0; i < 2; i++)
		t_put(go[1]);
	for (i = 0; i < 2; i++)
		t_reap("sharer", pid[i]);
	return 0;
}
