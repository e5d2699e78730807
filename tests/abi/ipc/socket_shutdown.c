// SPDX-License-Identifier: MPL-2.0
// shutdown on stream sockets: which side reads end of file, who gets EPIPE, errors.
#include "../lib/t.h"
#include <sys/socket.h>

int main(void)
{
	char buf[16];
	int s[2];

	t_start();
	signal(SIGPIPE, SIG_IGN);
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s);
	T(write(s[0], "data", 4));
	T(shutdown(s[0], SHUT_WR));
	T(write(s[0], "x", 1));
	T(read(s[1], buf, 2));
	T(read(s[1], buf, 16));
	T(read(s[1], buf, 16));
	T(write(s[1], "back", 4));
	T(read(s[0], buf, 16));
	T(read(s[0], buf, 16));
	T(shutdown(s[0], SHUT_WR));
	T(shutdown(s[0], SHUT_RD));
	T(read(s[0], buf, 16));
	T(write(s[1], "x", 1));
	T(shutdown(s[0], 3));
	T(shutdown(s[0], -1));
	T(shutdown(99, SHUT_RD));
	T(shutdown(0, SHUT_RD));
	T(shutdown(socket(AF_UNIX, SOCK_STREAM, 0), SHUT_RD));
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s);
	write(s[0], "left", 4);
	T(shutdown(s[1], SHUT_RD));
	T(read(s[1], buf, 16));
	T(read(s[1], buf, 16));
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s);
	write(s[0], "unread", 6);
	close(s[1]);
	T(read(s[0], buf, 16));
	T(read(s[0], buf, 16));
	T(write(s[0], "x", 1));
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s);
	write(s[0], "read first", 10);
	close(s[0]);
	T(read(s[1], buf, 16));
	T(read(s[1], buf, 16));
	return 0;
}
