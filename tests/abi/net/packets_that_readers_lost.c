// SPDX-License-Identifier: MPL-2.0
// Each UDP and raw socket counts the packets that it has not got: for want of room, by its filter,
// by a wrong sum. /proc/net and NETLINK_SOCK_DIAG tell the count.
#include "../lib/diag.h"
#include <linux/filter.h>

#define PORT     18310
#define PROTOCOL 201

/* The last column of the line with the socket's inode. */
static unsigned drops_in(const char *path, int s)
{
	unsigned long want = diag_ino(s), inode;
	unsigned drops, found = 0, n = 0;
	char line[512];
	FILE *f = fopen(path, "r");

	CHECK(f && fgets(line, sizeof(line), f));
	while (fgets(line, sizeof(line), f)) {
		CHECK(sscanf(line, "%*d: %*s %*s %*s %*s %*s %*x %*u %*u %lu %*u %*s %u", &inode,
			      &drops) == 2);
		if (inode == want) {
			found = drops;
			n++;
		}
	}
	fclose(f);
	CHECK(n == 1);
	return found;
}

static ino_t asked;
static unsigned answer;

static void take_drops(const struct nlmsghdr *h)
{
	const struct inet_diag_msg *m = NLMSG_DATA(h);
	int n = 0;
	const uint32_t *mem = nl_find((const void *)(m + 1),
		h->nlmsg_len - NLMSG_LENGTH(sizeof(*m)), INET_DIAG_SKMEMINFO, &n);

	CHECK(mem && n >= 36);
	if (m->idiag_inode == asked)
		answer = mem[8];
}

/* @lost: how many the reader knows to be lost. */
static void tell(const char *what, const char *path, int family, int protocol, int s, unsigned lost)
{
	int d = nl_socket(NETLINK_SOCK_DIAG, 0);
	unsigned drops = drops_in(path, s);

	asked = diag_ino(s);
	answer = -1;
	diag_send(d,
		(struct diag_ask){ .family = family,
			.protocol = protocol == PROTOCOL ? IPPROTO_RAW : protocol,
			.ext = 1 << (INET_DIAG_SKMEMINFO - 1) });
	diag_answer(d, take_drops);
	close(d);
	printf("%s: lost %s, not counted %u, by the other count %u\n", what,
		drops ? "some" : "none", lost - drops, answer - drops);
}

static int receiver(int family, int type, int protocol, const union net_addr *at)
{
	int s = socket(family, type, protocol), one = 1;

	CHECK(s >= 0);
	CHECK(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, 4) == 0);
	CHECK(bind(s, &at->any, net_len(at)) == 0);
	return s;
}

static unsigned read_all(int s)
{
	char b[1024];
	unsigned n = 0;

	while (recv(s, b, sizeof(b), MSG_DONTWAIT) >= 0)
		n++;
	return n;
}

static void send_many(int s, const union net_addr *to, unsigned n)
{
	char b[500] = { 0 };

	while (n--)
		CHECK(sendto(s, b, sizeof(b), 0, &to->any, net_len(to)) == sizeof(b));
}

static void no_room(const char *at, const char *path, int type, int protocol)
{
	union net_addr to = net_addr(at, type == SOCK_DGRAM ? PORT : 0);
	int in = receiver(to.any.sa_family, type, protocol, &to), size = 4000;
	int out = socket(to.any.sa_family, type, protocol);
	unsigned lost;

	CHECK(setsockopt(in, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) == 0);
	tell("at first", path, to.any.sa_family, protocol, in, 0);
	send_many(out, &to, 60);
	lost = 60 - read_all(in);
	tell("without room", path, to.any.sa_family, protocol, in, lost);
	send_many(out, &to, 1);
	tell("with room again", path, to.any.sa_family, protocol, in, lost);
	CHECK(read_all(in) == 1);
	close(in);
	close(out);
}

static void attach(int s, unsigned keep)
{
	struct sock_filter code = { BPF_RET | BPF_K, 0, 0, keep };
	struct sock_fprog prog = { 1, &code };

	CHECK(setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) == 0);
}

static void filtered(const char *at, const char *path, int type, int protocol)
{
	union net_addr to = net_addr(at, type == SOCK_DGRAM ? PORT : 0);
	int in = receiver(to.any.sa_family, type, protocol, &to);
	int out = socket(to.any.sa_family, type, protocol);

	attach(in, 0);
	send_many(out, &to, 3);
	printf("refused by a filter: %u\n", drops_in(path, in));
	attach(in, 100);
	send_many(out, &to, 2);
	printf("cut by a filter: %u\n", drops_in(path, in));
	SHOW(read_all(in));
	close(in);
	close(out);
}

static void group(void)
{
	union net_addr to = net_addr("224.0.0.199", PORT), any = net_addr("0.0.0.0", PORT);
	struct ip_mreqn join = { .imr_multiaddr = to.in.sin_addr,
		.imr_ifindex = if_nametoindex("lo") };
	int a = receiver(AF_INET, SOCK_DGRAM, 0, &any), b = receiver(AF_INET, SOCK_DGRAM, 0, &any);
	int out = socket(AF_INET, SOCK_DGRAM, 0);

	CHECK(setsockopt(a, SOL_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join)) == 0);
	CHECK(setsockopt(b, SOL_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join)) == 0);
	CHECK(setsockopt(out, SOL_IP, IP_MULTICAST_IF, &join, sizeof(join)) == 0);
	attach(b, 0);
	send_many(out, &to, 4);
	printf("of a group: %u and %u lost, %u and %u read\n", drops_in("/proc/net/udp", a),
		drops_in("/proc/net/udp", b), read_all(a), read_all(b));
	close(a);
	close(b);
	close(out);
}

static void wrong_sum(void)
{
	union net_addr to = net_addr("::1", 0);
	int in = receiver(AF_INET6, SOCK_RAW, PROTOCOL, &to),
	    out = socket(AF_INET6, SOCK_RAW, PROTOCOL);
	int at = 2;

	CHECK(setsockopt(in, SOL_IPV6, IPV6_CHECKSUM, &at, sizeof(at)) == 0);
	send_many(out, &to, 3);
	printf("with wrong sums: %u\n", drops_in("/proc/net/raw6", in));
	SHOW(read_all(in));
	close(in);
	close(out);
}

int main(void)
{
	net_start();
	no_room("127.0.0.1", "/proc/net/udp", SOCK_DGRAM, IPPROTO_UDP);
	no_room("::1", "/proc/net/udp6", SOCK_DGRAM, IPPROTO_UDP);
	no_room("127.0.0.1", "/proc/net/raw", SOCK_RAW, PROTOCOL);
	no_room("::1", "/proc/net/raw6", SOCK_RAW, PROTOCOL);
	filtered("127.0.0.1", "/proc/net/udp", SOCK_DGRAM, IPPROTO_UDP);
	filtered("::1", "/proc/net/udp6", SOCK_DGRAM, IPPROTO_UDP);
	filtered("127.0.0.1", "/proc/net/raw", SOCK_RAW, PROTOCOL);
	group();
	wrong_sum();
	return 0;
}
