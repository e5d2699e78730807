// SPDX-License-Identifier: MPL-2.0
// SO_ATTACH_REUSEPORT_CBPF: a program chooses the socket of a shared port; order, errors, ends.
#include "../lib/net.h"
#include <linux/filter.h>

#define ATTACH 51
#define DETACH 68
#define N      4

static int attach(int s, struct sock_filter *f, int n)
{
	struct sock_fprog p = { n, f };

	return setsockopt(s, SOL_SOCKET, ATTACH, &p, sizeof(p));
}

static int constant(int s, unsigned k)
{
	struct sock_filter f[] = { BPF_STMT(BPF_RET | BPF_K, k) };

	return attach(s, f, 1);
}

/* The first byte of the data, less '0'. */
static int first_byte(int s)
{
	struct sock_filter f[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, '0'), BPF_STMT(BPF_RET | BPF_A, 0) };

	return attach(s, f, 3);
}

static int detach(int s)
{
	int on = 1;

	return setsockopt(s, SOL_SOCKET, DETACH, &on, sizeof(on));
}

static int shared(int type, const char *text, int port, bool bound)
{
	union net_addr a = net_addr(text, port);
	int s = socket(a.any.sa_family, type, 0), on = 1;

	CHECK(setsockopt(s, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0);
	if (bound)
		CHECK(bind(s, &a.any, net_len(&a)) == 0);
	return s;
}

/* Which socket gets a datagram that begins with that digit. */
static void send_digits(const char *what, const char *text, int port, const int *s, int n)
{
	union net_addr to = net_addr(text, port);
	char c[8];

	printf("%s:", what);
	for (int d = 0; d < 6; d++) {
		int from = socket(to.any.sa_family, SOCK_DGRAM, 0), got = -1;
		snprintf(c, sizeof(c), "%d", d);
		CHECK(sendto(from, c, 1, 0, &to.any, net_len(&to)) == 1);
		for (int i = 0; i < n; i++) {
			if (s[i] >= 0 && recv(s[i], c, sizeof(c), MSG_DONTWAIT) == 1)
				got = got < 0 ? i : 99;
		}
		/* A number that nobody has leaves it to a hash. */
		if (d < n)
			printf(" %d", got);
		else
			printf(" %s", got >= 0 && got < n ? "some" : "none");
		close(from);
	}
	printf("\n");
}

static void udp(const char *text, int port)
{
	int s[N], other;

	printf("-- %s\n", text);
	for (int i = 0; i < N; i++)
		s[i] = shared(SOCK_DGRAM, text, port, true);
	net_result("nothing to detach", detach(s[0]));
	net_result("attach to the third", first_byte(s[2]));
	send_digits("by the first byte", text, port, s, N);
	net_result("replaced", constant(s[0], 2));
	send_digits("always the same", text, port, s, N);
	net_result("attach again", first_byte(s[3]));
	close(s[1]);
	s[1] = s[3];
	send_digits("the last took the place", text, port, s, 3);
	s[3] = shared(SOCK_DGRAM, text, port, true);
	send_digits("a new one is the last", text, port, s, N);
	net_result("detach", detach(s[3]));
	net_result("detach again", detach(s[0]));
	other = shared(SOCK_DGRAM, text, port, false);
	net_result("before the bind", constant(other, 0));
	net_result("and detached", detach(other));
	net_result("and detached again", detach(other));
	close(other);
	for (int i = 0; i < N; i++)
		close(s[i]);
}

/* The program that the first socket got before it was bound is the group's. */
static void before_bind(void)
{
	union net_addr a = net_addr("127.0.0.1", 7011);
	int s[3];

	s[0] = shared(SOCK_DGRAM, "127.0.0.1", 7011, false);
	net_result("before the bind", constant(s[0], 1));
	CHECK(bind(s[0], &a.any, net_len(&a)) == 0);
	s[1] = shared(SOCK_DGRAM, "127.0.0.1", 7011, true);
	s[2] = shared(SOCK_DGRAM, "127.0.0.1", 7011, false);
	net_result("one that is lost", constant(s[2], 0));
	net_result("its bind", bind(s[2], &a.any, net_len(&a)));
	send_digits("the first one's program", "127.0.0.1", 7011, s, 2);
	for (int i = 0; i < 3; i++)
		close(s[i]);
}

static void errors(void)
{
	struct sock_filter bad[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0) };
	struct sock_fprog p = { 1, bad };
	int s = net_bound("127.0.0.1", 0), on = 1, v;
	socklen_t n = sizeof(v);

	net_result("not shared", constant(s, 0));
	net_result("not shared, detach", detach(s));
	CHECK(setsockopt(s, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0);
	net_result("shared after the bind", constant(s, 0));
	net_result("shared after the bind, detach", detach(s));
	close(s);
	s = shared(SOCK_DGRAM, "127.0.0.1", 0, true);
	net_result("a bad program", attach(s, bad, 1));
	net_result("a length", setsockopt(s, SOL_SOCKET, ATTACH, &p, sizeof(p) - 1));
	net_result("no program", setsockopt(s, SOL_SOCKET, ATTACH, NULL, sizeof(p)));
	net_result("get", getsockopt(s, SOL_SOCKET, ATTACH, &v, &n));
	net_result("an attach", constant(s, 0));
	CHECK(setsockopt(s, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on)) == 0);
	net_result("locked", constant(s, 0));
	close(s);
	s = socket(AF_UNIX, SOCK_DGRAM, 0);
	net_result("of a path", constant(s, 0));
	net_result("of a path, detach", detach(s));
	close(s);
	s = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
	CHECK(setsockopt(s, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0);
	net_result("raw", constant(s, 0));
	close(s);
}

/* Which listener gets a connection. */
static void connect_to(const char *what, const char *text, int port, const int *s, int n)
{
	union net_addr to = net_addr(text, port);
	int c = socket(to.any.sa_family, SOCK_STREAM, 0);
	struct pollfd p[N];

	CHECK(connect(c, &to.any, net_len(&to)) == 0);
	for (int i = 0; i < n; i++)
		p[i] = (struct pollfd){ s[i], POLLIN, 0 };
	CHECK(poll(p, n, 20000) == 1);
	printf("%s:", what);
	for (int i = 0; i < n; i++) {
		if (!(p[i].revents & POLLIN))
			continue;
		printf(" %d", i);
		close(accept(s[i], NULL, NULL));
	}
	printf("\n");
	close(c);
}

static void tcp(const char *text, int port)
{
	int s[3];

	printf("-- listeners, %s\n", text);
	for (int i = 0; i < 3; i++)
		s[i] = shared(SOCK_STREAM, text, port, true);
	net_result("before the listen", constant(s[1], 1));
	net_result("its listen", listen(s[1], 5));
	net_result("detach", detach(s[1]));
	net_result("its listen", listen(s[1], 5));
	close(s[1]);
	s[1] = shared(SOCK_STREAM, text, port, true);
	for (int i = 2; i >= 0; i--)
		CHECK(listen(s[i], 5) == 0);
	net_result("attach", constant(s[0], 1));
	connect_to("the second that listens", text, port, s, 3);
	net_result("attach", constant(s[1], 0));
	connect_to("the first that listens", text, port, s, 3);
	net_result("attach", constant(s[1], 2));
	connect_to("the third that listens", text, port, s, 3);
	/* A SYN has no data: the program ends with 0. */
	net_result("attach", first_byte(s[1]));
	connect_to("without data", text, port, s, 3);
	close(s[2]);
	net_result("attach", constant(s[1], 0));
	connect_to("the last took its place", text, port, s, 2);
	net_result("detach", detach(s[0]));
	close(s[0]);
	close(s[1]);
}

int main(void)
{
	net_start();
	udp("127.0.0.1", 7001);
	udp("::1", 7002);
	before_bind();
	errors();
	tcp("127.0.0.1", 7003);
	tcp("::1", 7004);
	return 0;
}
