// SPDX-License-Identifier: MPL-2.0
// Whether a port may be shared is asked when another socket comes: SO_REUSEADDR and SO_REUSEPORT
// of a socket that is bound already count as they are then.
#include "../lib/net.h"

static int open_socket(int family, int type, int option)
{
	int s = socket(family, type, 0), on = 1;

	CHECK(s >= 0);
	if (family == AF_INET6)
		CHECK(setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0);
	if (option)
		CHECK(setsockopt(s, SOL_SOCKET, option, &on, sizeof(on)) == 0);
	return s;
}

static void set(int s, int option, int v)
{
	CHECK(setsockopt(s, SOL_SOCKET, option, &v, sizeof(v)) == 0);
}

static int bind_to(const char *what, int s, const char *text, int port)
{
	union net_addr a = net_addr(text, port);
	int err = bind(s, &a.any, net_len(&a));

	printf("%s: %s\n", what, err ? t_errname(errno) : "bound");
	return s;
}

/* A wildcard, then its addresses: as ntpd does it. */
static void shared(const char *any, const char *one, int type, int option)
{
	int family = net_addr(any, 0).any.sa_family, port, a, b, c;

	printf("-- %s type %d option %d\n", any, type, option);
	a = bind_to("first", open_socket(family, type, 0), any, 0);
	port = net_port(a);
	bind_to("before", b = open_socket(family, type, option), one, port);
	close(b);
	set(a, option, 1);
	bind_to("with it", b = open_socket(family, type, option), one, port);
	bind_to("one without", c = open_socket(family, type, 0), one, port);
	close(c);
	set(a, option, 0);
	if (type == SOCK_DGRAM && option == SO_REUSEADDR)
		bind_to("taken back", c = open_socket(family, type, option), any, port);
	close(b);
	close(c);
	close(a);
}

int main(void)
{
	net_start();
	shared("0.0.0.0", "127.0.0.1", SOCK_DGRAM, SO_REUSEADDR);
	shared("::", "::1", SOCK_DGRAM, SO_REUSEADDR);
	shared("0.0.0.0", "127.0.0.1", SOCK_DGRAM, SO_REUSEPORT);
	shared("127.0.0.1", "127.0.0.1", SOCK_STREAM, SO_REUSEADDR);
	return 0;
}
