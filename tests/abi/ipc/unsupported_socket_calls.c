// SPDX-License-Identifier: MPL-2.0
// System V and POSIX queues are out of scope; socket calls on what is not a socket give ENOTSOCK,
// EBADF or EOPNOTSUPP.
#include "../lib/t.h"
#include <sys/socket.h>

int main(void)
{
	struct sockaddr a = { .sa_family = AF_UNIX };
	socklen_t len = sizeof(a);
	char c;
	int s[2], v = 1;

	t_start();
	t_file("f", "", 0600);
	int fds[] = { open("f", O_RDWR), 99 };
	for (int i = 0; i < 2; i++) {
		int fd = fds[i];

		T(bind(fd, &a, len));
		T(listen(fd, 1));
		T(accept(fd, NULL, NULL));
		T(connect(fd, &a, len));
		T(getsockname(fd, &a, &len));
		T(getpeername(fd, &a, &len));
		T(sendto(fd, "x", 1, 0, NULL, 0));
		T(recv(fd, &c, 1, 0));
		T(shutdown(fd, 0));
		T(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &v, 4));
	}
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
	T(listen(s[0], 1));
	T(connect(s[0], &a, 2));
	T(accept(s[0], NULL, NULL));
	int l = socket(AF_UNIX, SOCK_STREAM, 0);
	T(send(l, "x", 1, MSG_NOSIGNAL));
	T(recv(l, &c, 1, 0));
	T(ftruncate(s[0], 0));
	T(fchdir(s[0]));
	T(ioctl(s[0], 0x5401, &v));
	T(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, s[0], 0) == MAP_FAILED);
	return 0;
}
