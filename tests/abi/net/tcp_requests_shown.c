// SPDX-License-Identifier: MPL-2.0
// A connection that waits for its first data (TCP_DEFER_ACCEPT) is SYN_RECV in /proc/net/tcp and
// sock_diag.
#include "../lib/diag.h"

#include <netinet/tcp.h>

#define PORT 18210

/* Lines of SYN_RECV with the test's port. */
static void show(const char *path)
{
	char line[512], local[80], rem[80], st[8], queues[32], timer[32];
	unsigned retrans, timeout, n = 0, refs;
	unsigned long uid, inode;
	FILE *f = fopen(path, "r");

	CHECK(f && fgets(line, sizeof(line), f));
	while (fgets(line, sizeof(line), f)) {
		CHECK(sscanf(line, "%*d: %79s %79s %7s %31s %31s %x %lu %u %lu %u", local, rem, st,
			      queues, timer, &retrans, &uid, &timeout, &inode, &refs) == 10);
		if (strcmp(local + strlen(local) - 4, "4722") || strcmp(st, "03"))
			continue;
		strcpy(rem + strlen(rem) - 4, "some");
		printf("%s %s %s %s timer %.2s user %lu inode %lu refs %u\n", local, rem, st,
			queues, timer, uid, inode, refs);
		n++;
	}
	printf("%u in %s\n", n, path);
	fclose(f);
}

static int dial(const union net_addr *a)
{
	int c = socket(a->any.sa_family, SOCK_STREAM, 0);

	CHECK(c >= 0 && connect(c, &a->any, net_len(a)) == 0);
	return c;
}

static void ask(int d, const char *what, int family, int states)
{
	diag_ask(what, d,
		(struct diag_ask){ .family = family, .protocol = IPPROTO_TCP, .states = states });
}

/* SOCK_DESTROY of a request leaves the listener; the peer learns nothing before it sends. */
static void ended(int d, int l, const union net_addr *a)
{
	int family = a->any.sa_family, c = dial(a);
	const char *text = family == AF_INET ? "127.0.0.1" : "::1";
	struct pollfd p = { c, POLLIN, 0 };
	union net_addr from;
	socklen_t n = sizeof(from);
	char b[8];

	CHECK(getsockname(c, &from.any, &n) == 0);
	diag_send(d,
		(struct diag_ask){ .family = family,
			.protocol = IPPROTO_TCP,
			.type = SOCK_DESTROY,
			.flags = NLM_F_ACK,
			.src = text,
			.sport = PORT,
			.dst = text,
			.dport = ntohs(from.in.sin_port) });
	diag_answer(d, diag_inet);
	ask(d, "SYN_RECV", family, 1 << TCP_SYN_RECV);
	ask(d, "LISTEN", family, 1 << TCP_LISTEN);
	T(poll(&p, 1, 0));
	CHECK(send(c, "data", 4, 0) == 4);
	T(poll(&p, 1, 20000));
	T(read(c, b, sizeof(b)));
	CHECK(fcntl(l, F_SETFL, O_NONBLOCK) == 0);
	T(accept(l, NULL, NULL));
	close(c);
}

static void both(int d, const char *text, const char *path)
{
	union net_addr a = net_addr(text, PORT), from;
	int one = 1, wait = 60, mark = 7, family = a.any.sa_family, c, s;
	int l = socket(family, SOCK_STREAM, 0);
	socklen_t n = sizeof(from);
	char b[8];

	CHECK(setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
	CHECK(setsockopt(l, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) == 0);
	CHECK(setsockopt(l, SOL_TCP, TCP_DEFER_ACCEPT, &wait, sizeof(wait)) == 0);
	CHECK(bind(l, &a.any, net_len(&a)) == 0 && listen(l, 7) == 0);
	c = dial(&a);
	CHECK(getsockname(c, &from.any, &n) == 0);
	show(path);
	ask(d, "all", family, 0);
	ask(d, "SYN_RECV", family, 1 << TCP_SYN_RECV);
	ask(d, "ESTABLISHED", family, 1 << TCP_ESTABLISHED);
	diag_ask("by its addresses", d,
		(struct diag_ask){ .family = family,
			.protocol = IPPROTO_TCP,
			.flags = DIAG_EXACT,
			.src = text,
			.sport = PORT,
			.dst = text,
			.dport = ntohs(from.in.sin_port) });
	CHECK(send(c, "data", 4, 0) == 4);
	s = accept(l, NULL, NULL);
	CHECK(s >= 0 && read(s, b, sizeof(b)) == 4);
	puts("accepted");
	show(path);
	ask(d, "SYN_RECV", family, 1 << TCP_SYN_RECV);
	close(s);
	close(c);
	ended(d, l, &a);
	close(l);
}

int main(void)
{
	int d;

	net_start();
	d = socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
	CHECK(d >= 0);
	diag_low = diag_high = PORT;
	both(d, "127.0.0.1", "/proc/net/tcp");
	both(d, "::1", "/proc/net/tcp6");
	return 0;
}
