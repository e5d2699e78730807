// SPDX-License-Identifier: MPL-2.0
// socketpair: stream, datagram and seqpacket borders; wrong domains, types and protocols.
#include "../lib/t.h"
#include <sys/socket.h>

int main(void)
{
	char buf[32];
	int s[2];

	t_start();
	T(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, s));
	T(fcntl(s[0], F_GETFD));
	IS(fcntl(s[0], F_GETFL) == (O_RDWR | O_NONBLOCK));
	T(write(s[0], "one", 3));
	T(write(s[0], "two", 3));
	T(read(s[1], buf, 4));
	t_text("stream", buf, 4);
	T(read(s[1], buf, 10));
	T(read(s[1], buf, 10));
	T(read(s[0], buf, 10));
	T(write(s[1], "back", 4));
	T(read(s[0], buf, 10));
	T(lseek(s[0], 0, SEEK_SET));
	T(pread(s[0], buf, 1, 0));
	T(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, s));
	T(write(s[0], "one", 3));
	T(write(s[0], "", 0));
	T(write(s[0], "three", 5));
	T(read(s[1], buf, 2));
	T(read(s[1], buf, 10));
	T(read(s[1], buf, 10));
	T(read(s[1], buf, 10));
	T(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, s));
	T(write(s[0], "packet", 6));
	T(write(s[0], "x", 1));
	T(read(s[1], buf, 3));
	T(read(s[1], buf, 10));
	T(close(s[0]));
	T(read(s[1], buf, 10));
	T(send(s[1], "x", 1, MSG_NOSIGNAL));
	T(socketpair(255, SOCK_STREAM, 0, s));
	T(socketpair(AF_UNIX, 9, 0, s));
	T(socketpair(AF_UNIX, SOCK_STREAM, 1, s));
	T(socketpair(AF_UNIX, SOCK_STREAM, 99, s));
	T(socketpair(AF_UNIX, SOCK_STREAM | 0x100, 0, s));
	T(socketpair(AF_UNIX, SOCK_STREAM, 0, (void *)8));
	T(socket(255, SOCK_STREAM, 0));
	T(socket(-1, SOCK_STREAM, 0));
	T(socket(AF_UNIX, -1, 0));
	T(socket(AF_UNIX, SOCK_RAW, 0) >= 0);
	return 0;
}
