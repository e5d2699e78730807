// SPDX-License-Identifier: MPL-2.0
// Datagrams over lo, by IPv4 and IPv6: addresses and lengths, connected or not, MSG_PEEK,
// MSG_TRUNC, empty and large datagrams, readiness.
#include "../lib/net.h"

static char big[70000];

static void receive(const char *what, int s, size_t room, int flags)
{
	static char b[70000];
	union net_addr from = { 0 };
	struct iovec iov = { b, room };
	struct msghdr m = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1
	};
	ssize_t n = recvmsg(s, &m, flags | MSG_DONTWAIT);

	if (n < 0) {
		printf("%s: %s\n", what, t_errname(errno));
		return;
	}
	printf("%s: %zd flags %#x name %u same %d\n", what, n, m.msg_flags, m.msg_namelen,
		!memcmp(b, big, n < (ssize_t)room ? n : (ssize_t)room));
	net_show("  from", &from);
}

static void ready(const char *what, int s)
{
	struct pollfd p = { s, POLLIN | POLLOUT | POLLRDHUP, 0 };

	poll(&p, 1, 0);
	printf("%s: %#x\n", what, p.revents);
}

static void both(const char *text)
{
	union net_addr to, none = net_addr(text, 9);
	int a = net_bound(text, 0), b = net_bound(text, 0), n;

	printf("---- %s\n", text);
	ready("before", b);
	to = net_addr(text, net_port(b));
	net_result("sendto", sendto(a, big, 10, 0, &to.any, net_len(&to)));
	ready("one there", b);
	ioctl(b, FIONREAD, &n);
	printf("FIONREAD %d\n", n);
	receive("peek", b, 100, MSG_PEEK);
	receive("peek at the length", b, 0, MSG_PEEK | MSG_TRUNC);
	receive("part of it", b, 4, 0);
	receive("no more", b, 100, 0);
	net_result("empty", sendto(a, big, 0, 0, &to.any, net_len(&to)));
	receive("empty", b, 100, 0);
	for (n = 1; n < 65000; n = n * 3 + 1) {
		net_result("send", sendto(a, big, n, 0, &to.any, net_len(&to)));
		receive("receive", b, sizeof(big), 0);
	}
	net_result("65507", sendto(a, big, 65507, 0, &to.any, net_len(&to)));
	receive("65507", b, sizeof(big), 0);
	net_result("65528", sendto(a, big, 65528, 0, &to.any, net_len(&to)));
	net_result("65536", sendto(a, big, 65536, 0, &to.any, net_len(&to)));
	while (recv(b, big, 0, MSG_DONTWAIT) >= 0)
		;
	net_result("send without peer", send(a, big, 1, 0));
	net_name("peer", a, true);
	net_result("connect", connect(a, &to.any, net_len(&to)));
	net_name("peer", a, true);
	net_result("send", send(a, big, 5, 0));
	receive("connected", b, 100, 0);
	to = net_addr(text, net_port(a));
	net_result("answer", sendto(b, big, 7, 0, &to.any, net_len(&to)));
	receive("answer", a, 100, 0);
	n = net_bound(text, 0);
	net_result("from another", sendto(n, big, 7, 0, &to.any, net_len(&to)));
	receive("from another", a, 100, 0);
	close(n);
	none.any.sa_family = AF_UNSPEC;
	net_result("disconnect", connect(a, &none.any, net_len(&to)));
	net_name("peer", a, true);
	net_result("shutdown", shutdown(a, SHUT_RDWR));
	net_result("send to port 0", sendto(b, big, 1, 0, &none.any, net_len(&to)));
	close(a);
	close(b);
}

int main(void)
{
	net_start();
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7 + i / 251);
	both("127.0.0.1");
	both("::1");
	both("127.3.2.1");
	both("::ffff:127.0.0.1");
	return 0;
}
