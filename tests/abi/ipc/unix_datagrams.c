// SPDX-License-Identifier: MPL-2.0
// AF_UNIX datagrams: sendto, names of senders, truncation, refused and unconnected, full queues.
#include "../lib/t.h"
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un un(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strcpy(a.sun_path, path);
	return a;
}

#define ADDR(a) (struct sockaddr *)&a, sizeof(a)

int main(void)
{
	struct sockaddr_un a = un("a"), b = un("b"), none = un("none"), from;
	socklen_t len = sizeof(from);
	char buf[32];

	t_start();
	int sa = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0),
	    sb = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	int nameless = socket(AF_UNIX, SOCK_DGRAM, 0);
	T(bind(sa, ADDR(a)));
	T(bind(sb, ADDR(b)));
	T(sendto(sb, "hello", 5, 0, ADDR(a)));
	T(recvfrom(sa, buf, sizeof(buf), 0, (void *)&from, &len));
	SHOW(len);
	SHOWS(from.sun_path);
	len = sizeof(from);
	T(sendto(nameless, "anon", 4, 0, ADDR(a)));
	T(recvfrom(sa, buf, sizeof(buf), 0, (void *)&from, &len));
	SHOW(len);
	T(sendto(sb, "x", 1, 0, ADDR(none)));
	T(send(sb, "x", 1, 0));
	T(write(sb, "x", 1));
	T(recv(sa, buf, 1, 0));
	T(connect(sb, ADDR(a)));
	T(send(sb, "connected", 9, 0));
	T(recv(sa, buf, 3, MSG_TRUNC));
	T(recv(sa, buf, 3, 0));
	T(send(sb, "peek", 4, 0));
	T(recv(sa, buf, 2, MSG_PEEK));
	T(recv(sa, buf, 32, MSG_PEEK | MSG_TRUNC));
	struct iovec iov = { buf, 2 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	T(recvmsg(sa, &m, 0));
	SHOWX(m.msg_flags);
	// A connected socket takes datagrams from its peer only.
	T(sendto(nameless, "to b", 4, 0, ADDR(b)));
	T(connect(sa, ADDR(b)));
	int n = 0;
	while (send(sb, "fill", 4, 0) == 4)
		n++;
	SHOWS(t_errname(errno));
	IS(n >= 10);
	while (recv(sa, buf, sizeof(buf), 0) == 4)
		n--;
	SHOW(n);
	struct sockaddr unspec = { .sa_family = AF_UNSPEC };
	T(connect(sb, &unspec, sizeof(unspec)));
	T(send(sb, "x", 1, 0));
	T(connect(sb, ADDR(a)));
	T(close(sa));
	T(send(sb, "x", 1, 0));
	T(connect(nameless, ADDR(a)));
	static char big[300000];
	int p[2];
	socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
	T(send(p[0], big, sizeof(big), 0));
	T(shutdown(p[0], SHUT_RDWR));
	T(shutdown(p[0], 9));
	T(recv(p[0], buf, 1, 0));
	return 0;
}
