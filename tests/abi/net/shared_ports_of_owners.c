// SPDX-License-Identifier: MPL-2.0
// SO_REUSEPORT: a port is shared by sockets of one owner, whoever binds them and listens.
#include "../lib/net.h"
#include <linux/filter.h>
#include <sys/fsuid.h>

#define ATTACH 51
#define OTHER  1007

/* A socket whose owner is @uid. */
static int owned(int type, int uid)
{
	int s, on = 1;

	CHECK(seteuid(uid) == 0);
	s = socket(AF_INET, type, 0);
	CHECK(seteuid(0) == 0);
	CHECK(s >= 0);
	CHECK(setsockopt(s, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0);
	return s;
}

static int named(int s, const char *text, int port)
{
	union net_addr a = net_addr(text, port);

	return bind(s, &a.any, net_len(&a));
}

static void binds(int type, int port)
{
	int a = owned(type, 0), b = owned(type, OTHER), c = owned(type, 0), d = owned(type, OTHER);

	printf("-- type %d\n", type);
	net_result("the first", named(a, "127.0.0.1", port));
	net_result("another owner's", named(b, "127.0.0.1", port));
	CHECK(setresuid(OTHER, OTHER, 0) == 0);
	net_result("one's own, by another user", named(c, "127.0.0.1", port));
	net_result("another owner's, by that user", named(d, "127.0.0.1", port));
	CHECK(setresuid(0, 0, 0) == 0);
	CHECK(fchown(b, 0, 0) == 0);
	net_result("given to the first one's owner", named(b, "127.0.0.1", port));
	net_result("another address", named(d, "127.0.0.2", port));
	close(a);
	close(b);
	close(c);
	close(d);
	/* The name is free again. */
	a = owned(type, OTHER);
	net_result("after all are closed", named(a, "127.0.0.1", port));
	close(a);
}

static void accepts(const char *what, int port, int *s, int n)
{
	union net_addr a = net_addr("127.0.0.1", port);
	int c = socket(AF_INET, SOCK_STREAM, 0), got = -1;
	struct pollfd p[4];

	CHECK(connect(c, &a.any, net_len(&a)) == 0);
	for (int i = 0; i < n; i++)
		p[i] = (struct pollfd){ s[i], POLLIN, 0 };
	CHECK(poll(p, n, 20000) > 0);
	for (int i = 0; i < n; i++) {
		if (p[i].revents & POLLIN) {
			close(accept(s[i], NULL, NULL));
			got = i;
		}
	}
	printf("%s: %d\n", what, got);
	close(c);
}

/* All of them are one group, whoever calls listen: a number of the program is a member. */
static void group(int port)
{
	struct sock_filter f[] = { BPF_STMT(BPF_RET | BPF_K, 1) };
	struct sock_fprog p = { 1, f };
	int s[3];

	printf("-- one group\n");
	for (int i = 0; i < 3; i++) {
		s[i] = owned(SOCK_STREAM, 0);
		CHECK(named(s[i], "127.0.0.1", port) == 0);
	}
	CHECK(listen(s[0], 4) == 0);
	CHECK(setresuid(OTHER, OTHER, 0) == 0);
	net_result("another user listens", listen(s[1], 4));
	CHECK(setresuid(0, 0, 0) == 0);
	CHECK(listen(s[2], 4) == 0);
	net_result("the second", setsockopt(s[2], SOL_SOCKET, ATTACH, &p, sizeof(p)));
	for (int i = 0; i < 4; i++)
		accepts("comes to", port, s, 3);
	f[0].k = 2;
	net_result("the third", setsockopt(s[1], SOL_SOCKET, ATTACH, &p, sizeof(p)));
	for (int i = 0; i < 4; i++)
		accepts("comes to", port, s, 3);
	for (int i = 0; i < 3; i++)
		close(s[i]);
}

/* A group for each of many addresses with one port: a datagram is for its own. */
static void many(int port)
{
	struct sock_filter f[] = { BPF_STMT(BPF_RET | BPF_K, 1) };
	struct sock_fprog p = { 1, f };
	int s[40][2], right = 0, from = socket(AF_INET, SOCK_DGRAM, 0);
	char text[32], c;

	printf("-- many groups\n");
	for (int i = 0; i < 40; i++) {
		snprintf(text, sizeof(text), "127.0.1.%d", i + 1);
		for (int j = 0; j < 2; j++) {
			s[i][j] = owned(SOCK_DGRAM, 0);
			CHECK(named(s[i][j], text, port) == 0);
		}
		CHECK(setsockopt(s[i][0], SOL_SOCKET, ATTACH, &p, sizeof(p)) == 0);
	}
	for (int i = 0; i < 40; i++) {
		union net_addr a;
		snprintf(text, sizeof(text), "127.0.1.%d", i + 1);
		a = net_addr(text, port);
		CHECK(sendto(from, "x", 1, 0, &a.any, net_len(&a)) == 1);
		right += recv(s[i][1], &c, 1, MSG_DONTWAIT) == 1;
		right += recv(s[i][0], &c, 1, MSG_DONTWAIT) == -1;
	}
	SHOW(right);
	for (int i = 0; i < 40; i++) {
		close(s[i][1]);
		close(s[i][0]);
	}
	close(from);
}

int main(void)
{
	net_start();
	binds(SOCK_STREAM, 7420);
	binds(SOCK_DGRAM, 7420);
	group(7421);
	many(7422);
	return 0;
}
