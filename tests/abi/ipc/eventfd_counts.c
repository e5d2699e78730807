// SPDX-License-Identifier: MPL-2.0
// eventfd: counting, semaphores, overflow, sizes, blocking, flags.
#include "../lib/t.h"
#include <sys/eventfd.h>

static int put(int fd, uint64_t v)
{
	return (int)write(fd, &v, 8);
}

static long get(int fd)
{
	uint64_t v;

	return read(fd, &v, 8) == 8 ? (long)v : -1;
}

int main(void)
{
	uint64_t v[2];

	t_start();
	int fd = T(eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC));
	T(fcntl(fd, F_GETFD));
	T(get(fd));
	T(get(fd));
	T(put(fd, 5));
	T(put(fd, 7));
	T(get(fd));
	T(put(fd, 0));
	T(get(fd));
	T(put(fd, -2));
	T(put(fd, 1));
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
	T(poll(&p, 1, 0));
	SHOWX(p.revents);
	T(get(fd));
	T(poll(&p, 1, 0));
	SHOWX(p.revents);
	T(put(fd, -1));
	T(read(fd, v, 7));
	T(write(fd, v, 7));
	v[0] = 1;
	T(write(fd, v, 16));
	T(read(fd, v, 16));
	T(lseek(fd, 0, SEEK_SET));
	T(pread(fd, v, 8, 0));
	int s = T(eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK));
	T(get(s));
	T(get(s));
	T(get(s));
	T(eventfd(0, 0x100));
	int b = T(eventfd(0, 0));
	pid_t pid = t_fork();
	if (pid == 0)
		_exit((int)get(b));
	t_wait_state(pid, 'S');
	put(b, 9);
	t_reap("blocked reader", pid);
	put(b, -2);
	pid = t_fork();
	if (pid == 0)
		_exit(put(b, 1));
	t_wait_state(pid, 'S');
	IS(get(b) == -2);
	t_reap("blocked writer", pid);
	T(get(b));
	return 0;
}
