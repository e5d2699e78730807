// SPDX-License-Identifier: MPL-2.0
// Pipes: end of file, EPIPE, wrong ends, pipe2 flags, failed pipe leaves nothing behind.
#include "../lib/t.h"

int main(void)
{
	char buf[16];
	int p[2] = { 77, 78 };
	struct rlimit rl = { 5, 5 };

	t_start();
	T(pipe(p));
	SHOW(p[0]);
	SHOW(p[1]);
	T(write(p[1], "abc", 3));
	T(read(p[0], buf, 2));
	T(close(p[1]));
	T(read(p[0], buf, 10));
	T(read(p[0], buf, 10));
	T(close(p[0]));
	T(pipe2(p, O_CLOEXEC | O_NONBLOCK));
	T(fcntl(p[0], F_GETFD));
	T(fcntl(p[1], F_GETFL) == (O_WRONLY | O_NONBLOCK));
	T(read(p[1], buf, 1));
	T(write(p[0], buf, 1));
	T(read(p[0], buf, 1));
	T(lseek(p[0], 0, SEEK_SET));
	T(ftruncate(p[1], 0));
	T(fsync(p[1]));
	T(pipe2(p, 0x10));
	T(pipe2(p, O_CREAT));
	T(syscall(SYS_pipe2, NULL, 0));
	T(syscall(SYS_pipe2, 8, 0));
	T(dup(0));
	close(5);
	T(setrlimit(RLIMIT_NOFILE, &rl));
	close(4);
	T(pipe(p));
	T(dup(0));
	close(3);
	close(4);
	T(pipe(p));
	int fd = T(open("/proc/self/fd/3", O_WRONLY));
	(void)fd;
	return 0;
}
