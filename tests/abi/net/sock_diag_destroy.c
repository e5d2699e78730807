// SPDX-License-Identifier: MPL-2.0
// SOCK_DESTROY (ss -K) ends a connection and a listener: what their users get, and who may.
#include "../lib/diag.h"
#include <netinet/tcp.h>

static int d;

static void destroy(const char *what, int sport, int dport)
{
	printf("%s: ", what);
	diag_send(d,
		(struct diag_ask){ .family = AF_INET,
			.protocol = IPPROTO_TCP,
			.type = SOCK_DESTROY,
			.flags = NLM_F_ACK,
			.src = "127.0.0.1",
			.dst = dport ? "127.0.0.1" : "0.0.0.0",
			.sport = sport,
			.dport = dport });
	diag_answer(d, diag_inet);
}

static int port_of(int s)
{
	union net_addr a;
	socklen_t n = sizeof(a);

	CHECK(getsockname(s, &a.any, &n) == 0);
	return ntohs(a.in.sin_port);
}

static int revents(int s)
{
	struct pollfd p = { s, POLLIN | POLLOUT, 0 };

	poll(&p, 1, 0);
	return p.revents;
}

int main(void)
{
	union net_addr a = net_addr("127.0.0.1", 27131);
	int l, c, e, one = 1;
	char b[8];

	net_start();
	signal(SIGPIPE, SIG_IGN);
	d = nl_socket(NETLINK_SOCK_DIAG, 0);
	diag_low = 27130, diag_high = 27139;
	l = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, 4) == 0);
	CHECK(bind(l, &a.any, net_len(&a)) == 0 && listen(l, 3) == 0);
	c = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(connect(c, &a.any, net_len(&a)) == 0);
	e = accept(l, NULL, NULL);
	CHECK(e >= 0);
	if (fork() == 0) {
		CHECK(setuid(65534) == 0);
		d = nl_socket(NETLINK_SOCK_DIAG, 0);
		destroy("not by everybody", port_of(c), 27131);
		destroy("what is not there, by everybody", 27139, 27138);
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	destroy("a connection", port_of(c), 27131);
	T(recv(c, b, sizeof(b), 0));
	T(recv(c, b, sizeof(b), 0));
	T(send(c, b, 1, 0));
	SHOWX(revents(c));
	UNTIL(revents(e) & POLLERR);
	T(recv(e, b, sizeof(b), 0));
	T(recv(e, b, sizeof(b), 0));
	diag_ask("what is left", d,
		(struct diag_ask){ .family = AF_INET, .protocol = IPPROTO_TCP, .states = 0xfff });
	close(c);
	c = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(connect(c, &a.any, net_len(&a)) == 0);
	destroy("a listener with a connection in its queue", 27131, 0);
	UNTIL(revents(c) & POLLERR);
	T(recv(c, b, sizeof(b), 0));
	T(accept(l, NULL, NULL));
	diag_ask("nothing is left", d,
		(struct diag_ask){ .family = AF_INET, .protocol = IPPROTO_TCP, .states = 0xfff });
	destroy("once more", 27131, 0);
	T(listen(l, 3));
	return 0;
}
