// SPDX-License-Identifier: MPL-2.0
// SO_ATTACH_FILTER on sockets of other families: what the program sees as the begin of a message,
// what is dropped, what is cut; detaching, locking, reading it back.
#include "../lib/packet.h"
#include <linux/netlink.h>
#include <sys/un.h>

#define ST(c, k)         BPF_STMT(c, k)
#define JP(c, k, jt, jf) BPF_JUMP(c, k, jt, jf)

static char b[4096];

static void show(const char *what, int s)
{
	int n = recv(s, b, sizeof(b), MSG_DONTWAIT);

	if (n < 0)
		printf("%s: %s\n", what, t_errname(errno));
	else
		printf("%s: %d bytes, %.*s\n", what, n, n < 12 ? n : 12, b);
}

/* Lets pass what has @byte at @at. */
static void want(int s, unsigned at, unsigned byte, unsigned keep)
{
	struct sock_filter p[] = { ST(BPF_LD | BPF_B | BPF_ABS, at),
		JP(BPF_JMP | BPF_JEQ | BPF_K, byte, 0, 1), ST(BPF_RET | BPF_K, keep),
		ST(BPF_RET | BPF_K, 0) };

	TOK(pk_filter(s, p, 4));
}

static void udp(const char *address)
{
	union net_addr to = net_addr(address, 7500);
	int s = net_bound(address, 7500), c = socket(to.any.sa_family, SOCK_DGRAM, 0);
	struct sock_filter len[] = { ST(BPF_LD | BPF_W | BPF_LEN, 0),
		JP(BPF_JMP | BPF_JEQ | BPF_K, 12, 0, 1), ST(BPF_RET | BPF_K, 100),
		ST(BPF_RET | BPF_K, 0) };
	struct sock_filter ip[] = { ST(BPF_LD | BPF_B | BPF_ABS, SKF_NET_OFF + 0),
		ST(BPF_ALU | BPF_RSH | BPF_K, 4),
		JP(BPF_JMP | BPF_JEQ | BPF_K, strchr(address, ':') ? 6 : 4, 0, 1),
		ST(BPF_RET | BPF_K, 100), ST(BPF_RET | BPF_K, 0) };

	CHECK(connect(c, &to.any, net_len(&to)) == 0);
	want(s, 8, 'y', 1000);
	T(send(c, "yes", 3, 0));
	T(send(c, "no", 2, 0));
	show("yes", s);
	show("no", s);
	want(s, 8, 'c', 10);
	T(send(c, "cut", 3, 0));
	show("cut", s);
	want(s, 8, 'c', 3);
	T(send(c, "cut", 3, 0));
	show("cut more", s);
	want(s, 2, 7500 >> 8, 1000);
	T(send(c, "port", 4, 0));
	show("port", s);
	TOK(pk_filter(s, len, 4));
	T(send(c, "four", 4, 0));
	T(send(c, "fives", 5, 0));
	show("by length", s);
	show("by length", s);
	TOK(pk_filter(s, ip, 5));
	T(send(c, "header", 6, 0));
	show("by the internet header", s);
	close(s);
	close(c);
}

static void groups(void)
{
	union net_addr to = net_addr("127.255.255.255", 7501);
	int s = net_bound("0.0.0.0", 7501), c = socket(AF_INET, SOCK_DGRAM, 0), on = 1;

	CHECK(setsockopt(c, SOL_SOCKET, SO_BROADCAST, &on, 4) == 0);
	want(s, 8, 'y', 10);
	T(sendto(c, "yes", 3, 0, &to.any, sizeof(to.in)));
	T(sendto(c, "no", 2, 0, &to.any, sizeof(to.in)));
	show("broadcast", s);
	show("broadcast", s);
	close(s);
	close(c);
}

static void raw(void)
{
	union net_addr to = net_addr("127.0.0.1", 0);
	int s = socket(AF_INET, SOCK_RAW, 253), c = socket(AF_INET, SOCK_RAW, 253);

	CHECK(bind(s, &to.any, sizeof(to.in)) == 0);
	want(s, 20, 'y', 22);
	want(c, 0, 0, 0);
	T(sendto(c, "yes", 3, 0, &to.any, sizeof(to.in)));
	T(sendto(c, "no", 2, 0, &to.any, sizeof(to.in)));
	SHOW(recv(s, b, sizeof(b), MSG_DONTWAIT));
	SHOW(recv(s, b, sizeof(b), MSG_DONTWAIT));
	SHOW(recv(c, b, sizeof(b), MSG_DONTWAIT));
	close(s);
	close(c);
}

static void local(int type, int n)
{
	static char big[20000];
	int p[2];

	CHECK(socketpair(AF_UNIX, type, 0, p) == 0);
	want(p[0], n - 1, 'y', n - 1);
	memset(big, 'n', sizeof(big));
	T(send(p[1], big, n, 0));
	big[n - 1] = 'y';
	T(send(p[1], big, n, 0));
	show("local", p[0]);
	show("local", p[0]);
	close(p[0]);
	close(p[1]);
}

static void netlink(void)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK };
	int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT);
	int c = socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT);
	socklen_t n = sizeof(a);

	CHECK(bind(s, (struct sockaddr *)&a, n) == 0);
	CHECK(getsockname(s, (struct sockaddr *)&a, &n) == 0);
	want(s, 1, 'e', 100);
	T(sendto(c, "yes", 3, 0, (struct sockaddr *)&a, n));
	T(sendto(c, "no", 2, 0, (struct sockaddr *)&a, n));
	show("netlink", s);
	show("netlink", s);
	close(s);
	close(c);
}

/* How many messages fit into a receive buffer: what a filter cuts off is kept in memory all the same. */
static int fitting(int cut)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK };
	int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT), size = 32768, got = 0;
	int c = socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT);
	socklen_t n = sizeof(a);
	static char m[2000];

	memset(m, 'm', sizeof(m));
	CHECK(setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) == 0);
	CHECK(bind(s, (struct sockaddr *)&a, n) == 0);
	CHECK(getsockname(s, (struct sockaddr *)&a, &n) == 0);
	if (cut)
		want(s, 0, 'm', 1);
	for (int i = 0; i < 500; i++)
		sendto(c, m, sizeof(m), MSG_DONTWAIT, (struct sockaddr *)&a, n);
	for (int i = 0; i < 600; i++)
		got += recv(s, m, sizeof(m), MSG_DONTWAIT) > 0;
	close(s);
	close(c);
	return got;
}

/* A filter that lets nothing pass keeps a connection from being made. */
static void tcp(void)
{
	union net_addr a = net_addr("127.0.0.1", 7502);
	struct sock_filter none[] = { ST(BPF_RET | BPF_K, 0) },
			   all[] = { ST(BPF_RET | BPF_K, 0xffffffff) };
	int l = socket(AF_INET, SOCK_STREAM, 0),
	    c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), d;
	struct pollfd p = { .fd = c, .events = POLLOUT };

	CHECK(bind(l, &a.any, sizeof(a.in)) == 0 && listen(l, 5) == 0);
	TOK(pk_filter(l, none, 1));
	T(connect(c, &a.any, sizeof(a.in)));
	SHOW(poll(&p, 1, 100));
	TOK(pk_filter(l, all, 1));
	close(c);
	c = socket(AF_INET, SOCK_STREAM, 0);
	T(connect(c, &a.any, sizeof(a.in)));
	d = accept(l, NULL, NULL);
	T(send(c, "data", 4, 0));
	CHECK(recv(d, b, 4, MSG_WAITALL) == 4);
	show("no more", d);
	close(l);
	close(c);
	close(d);
}

static void handling(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0), v = 0;
	struct sock_filter two[] = { ST(BPF_LD | BPF_IMM, 5), ST(BPF_RET | BPF_A, 0) };
	struct sock_filter back[4] = { 0 };
	socklen_t n = 4;

	T(getsockopt(s, SOL_SOCKET, SO_LOCK_FILTER, &v, &n));
	SHOW(v);
	T(setsockopt(s, SOL_SOCKET, SO_DETACH_FILTER, &v, 4));
	T(setsockopt(s, SOL_SOCKET, SO_DETACH_FILTER, &v, 3));
	n = 4;
	T(getsockopt(s, SOL_SOCKET, SO_GET_FILTER, back, &n));
	SHOW(n);
	TOK(pk_filter(s, two, 2));
	n = 0;
	T(getsockopt(s, SOL_SOCKET, SO_GET_FILTER, back, &n));
	SHOW(n);
	n = 1;
	T(getsockopt(s, SOL_SOCKET, SO_GET_FILTER, back, &n));
	n = 4;
	T(getsockopt(s, SOL_SOCKET, SO_GET_FILTER, back, &n));
	SHOW(n);
	SHOW(back[0].k);
	SHOW(back[1].code);
	T(getsockopt(s, SOL_SOCKET, SO_GET_FILTER, NULL, &n));
	v = 1;
	T(setsockopt(s, SOL_SOCKET, SO_LOCK_FILTER, &v, 4));
	T(getsockopt(s, SOL_SOCKET, SO_LOCK_FILTER, &v, &n));
	SHOW(v);
	TOK(pk_filter(s, two, 2));
	T(setsockopt(s, SOL_SOCKET, SO_DETACH_FILTER, &v, 4));
	T(setsockopt(s, SOL_SOCKET, SO_LOCK_FILTER, &v, 4));
	v = 0;
	T(setsockopt(s, SOL_SOCKET, SO_LOCK_FILTER, &v, 4));
	close(s);
}

int main(void)
{
	net_start();
	udp("127.0.0.1");
	udp("::1");
	groups();
	raw();
	local(SOCK_DGRAM, 10);
	local(SOCK_DGRAM, 700);
	local(SOCK_DGRAM, 9000);
	local(SOCK_SEQPACKET, 10);
	local(SOCK_STREAM, 10);
	netlink();
	printf("a filter makes room: %d\n", fitting(1) > fitting(0));
	tcp();
	handling();
	return 0;
}
