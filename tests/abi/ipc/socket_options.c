// SPDX-License-Identifier: MPL-2.0
// SO_TYPE, SO_DOMAIN, SO_ERROR, SO_ACCEPTCONN, buffer sizes, time limits, and what is refused.
#include "../lib/t.h"
#include <sys/socket.h>
#include <sys/un.h>

static int fd;

static void get(const char *name, int opt)
{
	int v = -1;
	socklen_t len = sizeof(v);

	if (getsockopt(fd, SOL_SOCKET, opt, &v, &len) < 0)
		printf("%s: %s\n", name, t_errname(errno));
	else
		printf("%s: %d len %d\n", name, v, (int)len);
}

#define GET(opt) get(#opt, opt)

static int set(int opt, int v)
{
	return setsockopt(fd, SOL_SOCKET, opt, &v, sizeof(v));
}

int main(void)
{
	struct timeval tv = { 0, 10000 };
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "s" };
	int v, s[2];
	socklen_t len;
	char c;

	t_start();
	fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	GET(SO_TYPE);
	GET(SO_DOMAIN);
	GET(SO_PROTOCOL);
	GET(SO_ERROR);
	GET(SO_ACCEPTCONN);
	GET(SO_REUSEADDR);
	GET(SO_KEEPALIVE);
	GET(SO_BROADCAST);
	CHECK(bind(fd, (void *)&a, sizeof(a)) == 0 && listen(fd, 1) == 0);
	GET(SO_ACCEPTCONN);
	T(set(SO_SNDBUF, 10000));
	GET(SO_SNDBUF);
	T(set(SO_SNDBUF, 1));
	len = sizeof(v);
	getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &v, &len);
	IS(v >= 2048 && v < 10000);
	T(set(SO_RCVBUF, 20000));
	GET(SO_RCVBUF);
	T(set(SO_TYPE, 1));
	T(set(SO_ERROR, 1));
	T(set(SO_ACCEPTCONN, 1));
	T(set(9999, 1));
	GET(9999);
	T(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &v, 2));
	T(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, (void *)8, 4));
	len = 2;
	v = -1;
	T(getsockopt(fd, SOL_SOCKET, SO_TYPE, &v, &len));
	SHOW(len);
	len = -1;
	T(getsockopt(fd, SOL_SOCKET, SO_TYPE, &v, &len));
	T(getsockopt(0, SOL_SOCKET, SO_TYPE, &v, &len));
	T(getsockopt(99, SOL_SOCKET, SO_TYPE, &v, &len));
	T(getsockopt(fd, 9999, 1, &v, &len));
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	T(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	T(recv(s[0], &c, 1, 0));
	T(read(s[0], &c, 1));
	tv.tv_usec = 2000000;
	T(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	T(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, 4));
	tv = (struct timeval){ 0, 10000 };
	T(setsockopt(s[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	static char big[1 << 20];
	IS(send(s[0], big, sizeof(big), 0) < (ssize_t)sizeof(big));
	T(send(s[0], big, 1, 0));
	int n;
	T(ioctl(s[1], FIONREAD, &n));
	IS(n > 10000);
	return 0;
}
