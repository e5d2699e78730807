// SPDX-License-Identifier: MPL-2.0
// dup2 to the same descriptor does nothing, dup3 refuses it; ranges, limits and the close-on-exec
// flag of copies.
#include "../lib/t.h"

int main(void)
{
	struct rlimit rl = { 16, 16 };

	t_start();
	int fd = T(open("/dev/null", O_RDWR | O_CLOEXEC));
	T(dup2(fd, fd));
	T(fcntl(fd, F_GETFD));
	T(dup3(fd, fd, 0));
	T(dup3(fd, fd, O_CLOEXEC));
	T(dup3(fd, 10, O_NONBLOCK));
	T(dup2(9, 9));
	T(dup2(9, 10));
	T(dup2(fd, -1));
	T(dup2(-1, 5));
	T(dup(-1));
	T(dup(100));
	T(dup(fd));
	T(fcntl(4, F_GETFD));
	T(dup3(fd, 8, O_CLOEXEC));
	T(fcntl(8, F_GETFD));
	T(dup2(fd, 8));
	T(fcntl(8, F_GETFD));
	T(fcntl(fd, F_DUPFD, 8));
	T(fcntl(fd, F_DUPFD_CLOEXEC, 8));
	T(fcntl(10, F_GETFD));
	T(setrlimit(RLIMIT_NOFILE, &rl));
	T(fcntl(fd, F_DUPFD, 15));
	T(fcntl(fd, F_DUPFD, 15));
	T(fcntl(fd, F_DUPFD, 16));
	T(fcntl(fd, F_DUPFD, -1));
	T(dup2(fd, 15));
	T(dup2(fd, 16));
	T(dup3(fd, 16, 0));
	return 0;
}
