// SPDX-License-Identifier: MPL-2.0
// Ping sockets: who may have them, their numbers, what they send and receive, and what counts.
#include "../lib/tap.h"

static void group_range(const char *text)
{
	tap_sysctl("/proc/sys/net/ipv4/ping_group_range", text);
}

static long echo(int s, const char *to, int type, int code, int len, int flags)
{
	unsigned char b[64] = { type, code, 1, 2, 3, 4, 0, 7, 'h', 'e', 'l', 'l', 'o' };
	union net_addr a = net_addr(to, 55);

	return sendto(s, b, len, flags, &a.any, net_len(&a));
}

static void show(int s, int flags)
{
	unsigned char b[100];
	union net_addr from = { 0 };
	socklen_t n = sizeof(from);
	int got = recvfrom(s, b, sizeof(b), flags, &from.any, &n), own = net_port(s);

	if (got < 0) {
		printf("%s\n", t_errname(errno));
		return;
	}
	net_show("from", &from);
	printf("%d bytes, type %d code %d, number %s, sequence %d, %.*s\n", got, b[0], b[1],
		(b[4] << 8 | b[5]) == own ? "ours" : "another's", b[6] << 8 | b[7], got - 8, b + 8);
}

static void family(int f, const char *lo, int protocol, int request, int reply)
{
	int s = socket(f, SOCK_DGRAM, protocol), t = socket(f, SOCK_DGRAM, protocol), on = 1;
	union net_addr a = net_addr(lo, 77), any = net_addr(f == AF_INET ? "0.0.0.0" : "::", 0);

	net_name("new", s, false);
	T(bind(s, &a.any, net_len(&a)));
	T(bind(s, &a.any, net_len(&a)));
	net_name("bound", s, false);
	T(getsockopt(t, SOL_SOCKET, SO_REUSEADDR, &on, &(socklen_t){ sizeof(on) }));
	SHOW(on);
	on = 0;
	T(setsockopt(t, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
	T(bind(t, &a.any, net_len(&a)));
	T(bind(t, &any.any, net_len(&any)));
	IS(net_port(t) > 0);
	T(echo(s, lo, request, 0, 13, 0));
	show(s, 0);
	show(t, MSG_DONTWAIT);
	T(echo(t, lo, request, 0, 8, 0));
	show(t, 0);
	T(echo(s, lo, reply, 0, 13, 0));
	T(echo(s, lo, request, 1, 13, 0));
	T(echo(s, lo, request, 0, 7, 0));
	T(echo(s, lo, request, 0, 13, MSG_OOB));
	T(send(s, "12345678", 8, 0));
	T(connect(s, &a.any, net_len(&a)));
	net_name("peer", s, true);
	T(echo(s, lo, request, 0, 10, 0));
	T(recv(s, &(char[4]){ 0 }, 4, MSG_PEEK | MSG_TRUNC));
	show(s, 0);
	close(t);
	t = socket(f, SOCK_DGRAM, protocol);
	T(bind(t, &a.any, net_len(&a)));
	close(t);
	close(s);
}

/* The counters that the echoes move. */
static long counter(const char *name)
{
	char names[2048], values[2048], *n, *v, *ns, *vs;
	FILE *f = fopen("/proc/net/snmp", "r");
	long found = -1;

	CHECK(f);
	while (fgets(names, sizeof(names), f) && fgets(values, sizeof(values), f)) {
		if (strncmp(names, "Icmp:", 5))
			continue;
		n = strtok_r(names, " \n", &ns);
		v = strtok_r(values, " \n", &vs);
		while (n && v) {
			if (!strcmp(n, name))
				found = atol(v);
			n = strtok_r(NULL, " \n", &ns);
			v = strtok_r(NULL, " \n", &vs);
		}
	}
	fclose(f);
	return found;
}

int main(void)
{
	static const char *names[] = { "InMsgs", "OutMsgs", "InEchos", "InEchoReps", "OutEchos",
		"OutEchoReps", "InDestUnreachs", "OutDestUnreachs" };
	long before[8];
	char text[100] = { 0 };
	int s, fd;

	net_start();
	fd = open("/proc/sys/net/ipv4/ping_group_range", O_RDONLY);
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	printf("%s", text);
	T(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP));
	T(socket(AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6));
	T(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMPV6));
	T(socket(AF_INET6, SOCK_DGRAM, IPPROTO_ICMP));
	group_range("0 10");
	family(AF_INET, "127.0.0.1", IPPROTO_ICMP, 8, 0);
	family(AF_INET6, "::1", IPPROTO_ICMPV6, 128, 129);
	for (int i = 0; i < 8; i++)
		before[i] = counter(names[i]);
	s = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	T(echo(s, "127.0.0.1", 8, 0, 13, 0));
	show(s, 0);
	for (int i = 0; i < 8; i++)
		printf("%s +%ld\n", names[i], counter(names[i]) - before[i]);
	close(s);
	group_range("5 3");
	T(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP));
	return 0;
}
