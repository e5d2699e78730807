// SPDX-License-Identifier: MPL-2.0
// SOCK_SEQPACKET: connections of whole packets: borders, truncation, end of file, types that do not
// mix.
#include "../lib/t.h"
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "s" }, from;
#define ADDR (void *)&a, sizeof(a)

int main(void)
{
	char b[32];
	int n;
	socklen_t len = sizeof(from);

	t_start();
	int l = socket(AF_UNIX, SOCK_SEQPACKET, 0), c = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	CHECK(bind(l, ADDR) == 0);
	T(send(c, "x", 1, 0));
	T(recv(c, b, 1, 0));
	T(connect(c, ADDR));
	T(listen(l, 5));
	T(connect(socket(AF_UNIX, SOCK_STREAM, 0), ADDR));
	T(connect(socket(AF_UNIX, SOCK_DGRAM, 0), ADDR));
	T(connect(c, ADDR));
	T(send(c, "early", 5, 0));
	int s = accept(l, NULL, NULL);
	T(recvfrom(s, b, sizeof(b), 0, (void *)&from, &len));
	SHOW(len);
	T(sendto(s, "to nobody else", 14, 0, ADDR));
	len = sizeof(from);
	T(recvfrom(c, b, sizeof(b), 0, (void *)&from, &len));
	SHOW(len);
	T(send(c, "one", 3, MSG_EOR));
	T(send(c, "", 0, 0));
	T(send(c, "three!", 6, 0));
	T(ioctl(s, FIONREAD, &n));
	SHOW(n);
	struct iovec v[2] = { { b, 2 }, { b + 2, 2 } };
	struct msghdr m = { .msg_iov = v, .msg_iovlen = 2 };
	T(recvmsg(s, &m, 0));
	SHOWX(m.msg_flags);
	T(recv(s, b, sizeof(b), 0));
	T(recvmsg(s, &m, MSG_TRUNC));
	SHOWX(m.msg_flags);
	t_text("cut", b, 4);
	T(recv(s, b, 1, MSG_DONTWAIT));
	T(listen(c, 1));
	T(accept(c, NULL, NULL));
	T(bind(c, (void *)&a, 2));
	T(shutdown(c, SHUT_WR));
	T(recv(s, b, 1, 0));
	T(send(c, "x", 1, 0));
	T(send(s, "back", 4, 0));
	T(recv(c, b, sizeof(b), 0));
	T(send(s, "unread", 6, 0));
	T(close(c));
	T(recv(s, b, 1, 0));
	T(recv(s, b, 1, 0));
	T(send(s, "x", 1, 0));
	T(write(s, "x", 1));
	close(s);
	// Closing with packets that were not read.
	int p[2];
	socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p);
	send(p[0], "x", 1, 0);
	send(p[1], "y", 1, 0);
	close(p[1]);
	T(recv(p[0], b, 1, 0));
	T(recv(p[0], b, 1, 0));
	T(recv(p[0], b, 1, 0));
	return 0;
}
