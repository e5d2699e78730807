// SPDX-License-Identifier: MPL-2.0
// Packet sockets on lo: who may make them, names, both types, what is sent and what is received of
// one packet, peeking and cutting, poll.
#include "../lib/packet.h"

static void making(void)
{
	int fd;

	T(socket(AF_PACKET, SOCK_STREAM, 0));
	T(socket(AF_PACKET, SOCK_SEQPACKET, 0));
	T(socket(AF_PACKET, SOCK_RDM, htons(ETH_P_ALL)));
	T(socketpair(AF_PACKET, SOCK_RAW, 0, &fd));
	fd = fork();
	if (!fd) {
		CHECK(setuid(1000) == 0);
		T(socket(AF_PACKET, SOCK_RAW, 0));
		T(socket(AF_PACKET, SOCK_STREAM, 0));
		exit(0);
	}
	waitpid(fd, NULL, 0);
}

static void own_name(const char *what, int s)
{
	struct sockaddr_ll a = { 0 };
	socklen_t n = sizeof(a);

	printf("%s\n", what);
	T(getsockname(s, (struct sockaddr *)&a, &n));
	pk_show_name(&a, n);
}

static void names(void)
{
	int s = socket(AF_PACKET, SOCK_RAW, htons(PK_TYPE));
	struct sockaddr_ll a = pk_addr("lo", PK_TYPE);
	struct sockaddr_ll short_one = { 0 };
	socklen_t n = 6;

	own_name("not bound", s);
	T(bind(s, (struct sockaddr *)&a, 19));
	T(bind(s, (struct sockaddr *)&a, 0));
	T(bind(s, NULL, sizeof(a)));
	a.sll_family = AF_INET;
	T(bind(s, (struct sockaddr *)&a, sizeof(a)));
	a.sll_family = AF_PACKET;
	a.sll_ifindex = 12345;
	T(bind(s, (struct sockaddr *)&a, sizeof(a)));
	a.sll_ifindex = -1;
	T(bind(s, (struct sockaddr *)&a, sizeof(a)));
	own_name("still not bound", s);
	a = pk_addr("lo", PK_TYPE);
	T(bind(s, (struct sockaddr *)&a, sizeof(a)));
	own_name("bound", s);
	T(bind(s, (struct sockaddr *)&a, sizeof(a)));
	a.sll_protocol = 0;
	T(bind(s, (struct sockaddr *)&a, sizeof(a)));
	own_name("no protocol", s);
	T(getsockname(s, (struct sockaddr *)&short_one, &n));
	SHOW(n);
	T(getsockname(s, NULL, &n));
	n = sizeof(a);
	T(getpeername(s, (struct sockaddr *)&a, &n));
	T(connect(s, (struct sockaddr *)&a, sizeof(a)));
	T(listen(s, 1));
	T(accept(s, NULL, NULL));
	T(shutdown(s, SHUT_RD));
	close(s);
}

static void ready(const char *what, int s)
{
	struct pollfd p = { .fd = s, .events = POLLIN | POLLOUT | POLLRDNORM | POLLHUP };

	poll(&p, 1, 0);
	printf("%s: ready for %x\n", what, p.revents);
}

/* One packet: the sender does not see it go, others do, and all see it come. */
static void directions(void)
{
	int all = pk_open(SOCK_RAW, "lo", ETH_P_ALL), cooked = pk_open(SOCK_DGRAM, "lo", ETH_P_ALL);
	int one = pk_open(SOCK_RAW, NULL, PK_TYPE), other = pk_open(SOCK_RAW, NULL, PK_TYPE + 1);
	int sender = pk_open(SOCK_RAW, "lo", ETH_P_ALL), v = 1;

	ready("nothing", one);
	T(pk_send(sender, PK_TYPE, 8));
	ready("a packet", one);
	for (int i = 0; i < 3; i++) {
		pk_recv("all", all, 100, 0, true);
		pk_recv("cooked", cooked, 100, 0, true);
		pk_recv("one", one, 100, 0, true);
		pk_recv("sender", sender, 100, 0, true);
		pk_recv("other", other, 100, 0, true);
	}
	T(setsockopt(all, SOL_PACKET, PACKET_IGNORE_OUTGOING, &v, sizeof(v)));
	T(pk_send(sender, PK_TYPE, 8));
	pk_recv("all", all, 100, 0, true);
	pk_recv("all", all, 100, 0, true);
	close(all);
	close(cooked);
	close(one);
	close(other);
	close(sender);
}

static void parts(void)
{
	int s = pk_open(SOCK_RAW, "lo", PK_TYPE), n;

	T(pk_send(s, PK_TYPE, 30));
	T(pk_send(s, PK_TYPE, 2000));
	T(ioctl(s, FIONREAD, &n));
	SHOW(n);
	pk_recv("peek", s, 16, MSG_PEEK, true);
	pk_recv("peek", s, 16, MSG_PEEK | MSG_TRUNC, false);
	pk_recv("cut", s, 16, 0, false);
	pk_recv("long", s, 0, MSG_TRUNC, false);
	pk_recv("none", s, 16, 0, false);
	T(pk_send(s, PK_TYPE, 0));
	pk_recv("header only", s, 100, 0, true);
	T(ioctl(s, FIONREAD, &n));
	SHOW(n);
	T(recv(s, &n, 4, MSG_OOB));
	T(recv(s, &n, 4, MSG_WAITALL | MSG_DONTWAIT));
	T(recv(s, &n, 4, MSG_ERRQUEUE));
	T(pk_send(s, PK_TYPE, 4));
	T(read(s, &n, 4));
	T(pk_send(s, PK_TYPE, 4));
	T(recv(s, (void *)8, 18, 0));
	pk_recv("after a fault", s, 16, 0, false);
	close(s);
}

/* The header that a sender gives arrives, and says to whom the packet is. */
static void kinds(void)
{
	static const char *to[] = { pk_zero, pk_all, "\x01\0\x5e\0\0\1", "\x02\0\0\0\0\7" };
	int s = pk_open(SOCK_RAW, "lo", PK_TYPE);
	struct sockaddr_ll a = pk_addr("lo", PK_TYPE);
	int cooked = pk_open(SOCK_DGRAM, "lo", PK_TYPE);
	unsigned char b[64];

	for (size_t i = 0; i < T_LEN(to); i++) {
		int n = pk_frame(b, to[i], "\x02\1\2\3\4\5", PK_TYPE, 4);
		T(sendto(s, b, n, 0, (struct sockaddr *)&a, sizeof(a)));
		pk_recv("raw", s, 100, 0, true);
		pk_recv("cooked", cooked, 100, 0, true);
		memcpy(a.sll_addr, to[i], 6);
		T(sendto(cooked, "data", 4, 0, (struct sockaddr *)&a, sizeof(a)));
		pk_recv("raw", s, 100, 0, true);
		pk_recv("cooked", cooked, 100, 0, true);
	}
	T(send(cooked, "bound", 5, 0));
	pk_recv("raw", s, 100, 0, true);
	close(s);
	close(cooked);
}

int main(void)
{
	net_start();
	making();
	names();
	directions();
	parts();
	kinds();
	return 0;
}
