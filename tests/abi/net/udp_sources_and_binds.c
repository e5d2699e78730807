// SPDX-License-Identifier: MPL-2.0
// Which addresses a socket can send from, binds without a port, ::ffff:0.0.0.0, connects that fail,
// routes of connected sockets whose options change, and the memory of all UDP sockets.
#include "../lib/tap.h"

#define NO_PORT 24 /* IP_BIND_ADDRESS_NO_PORT */

static void set(int s, int level, int name, int v)
{
	CHECK(setsockopt(s, level, name, &v, sizeof(v)) == 0);
}

static void show(const char *what, int s)
{
	char b[100];
	int n = recv(s, b, sizeof(b), MSG_DONTWAIT);

	if (n < 0)
		printf("%s: %s\n", what, t_errname(errno));
	else
		printf("%s: %.*s\n", what, n, b);
}

static long bind_to(int s, const char *text, int port)
{
	union net_addr a = net_addr(text, port);

	return bind(s, &a.any, net_len(&a));
}
static long connect_to(int s, const char *text, int port)
{
	union net_addr a = net_addr(text, port);

	return connect(s, &a.any, net_len(&a));
}
static long send_to(int s, const char *text, int port, const char *data)
{
	union net_addr a = net_addr(text, port);

	return sendto(s, data, strlen(data), 0, &a.any, net_len(&a));
}

/* Lines of the table of UDP sockets that end in a port; the table has an end. */
static int lines(const char *path, int port)
{
	char line[512], want[16];
	FILE *f = fopen(path, "r");
	int n = 0;

	CHECK(f);
	snprintf(want, sizeof(want), ":%04X ", port);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, want) != NULL;
	fclose(f);
	return n;
}

/* A socket with an address and no port gets its port later, once. */
static void no_port(void)
{
	int other = net_bound("127.0.0.1", 7201), s, to = net_bound("127.0.0.1", 7202), port;

	for (int how = 0; how < 3; how++) {
		s = socket(AF_INET, SOCK_DGRAM, 0);
		set(s, IPPROTO_IP, NO_PORT, 1);
		T(bind_to(s, "127.0.0.1", 0));
		T(bind_to(s, "127.0.0.1", 0));
		net_name("no port yet", s, false);
		if (how == 0)
			T(send_to(s, "127.0.0.1", 7202, "sent"));
		if (how == 1) {
			T(connect_to(s, "127.0.0.1", 7202));
			T(send(s, "connected", 9, 0));
		}
		if (how == 2)
			T(bind_to(s, "127.0.0.1", 7203));
		show("got", to);
		net_name("named", s, false);
		port = net_port(s);
		SHOW(lines("/proc/net/udp", port));
		SHOW(lines("/proc/net/udp6", port));
		T(send_to(to, "127.0.0.1", port, "back"));
		show("back", s);
		T(bind_to(s, "127.0.0.1", 0));
		close(s);
		T(send_to(to, "127.0.0.1", 7201, "other"));
		show("another socket", other);
	}
	close(other);
	close(to);
}

static void foreign(const char *text, int level, int freebind)
{
	union net_addr a = net_addr(text, 7204);
	const char *lo = a.any.sa_family == AF_INET ? "127.0.0.1" : "::1";
	int s = socket(a.any.sa_family, SOCK_DGRAM, 0), to = net_bound(lo, 7205);

	T(bind_to(s, text, 7204));
	set(s, level, freebind, 1);
	T(bind_to(s, text, 7204));
	T(send_to(s, lo, 7205, "forged"));
	show("forged", to);
	T(connect_to(s, lo, 7205));
	close(s);
	close(to);
}

static void foreign_multicast(void)
{
	struct ip_mreqn m = { .imr_ifindex = 1 };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	inet_pton(AF_INET, "9.9.9.9", &m.imr_address);
	T(setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &m, sizeof(m)));
	T(send_to(s, "224.5.6.7", 7206, "forged"));
	close(s);
}

static void mapped_any(void)
{
	int s = socket(AF_INET6, SOCK_DGRAM, 0), from4 = socket(AF_INET, SOCK_DGRAM, 0);
	int from6 = socket(AF_INET6, SOCK_DGRAM, 0), only6 = socket(AF_INET6, SOCK_DGRAM, 0),
	    err = 0;
	socklen_t n = sizeof(err);

	T(bind_to(s, "::ffff:0.0.0.0", 7207));
	net_name("mapped", s, false);
	T(send_to(from4, "127.0.0.1", 7207, "four"));
	show("four", s);
	T(connect_to(from6, "::1", 7207));
	T(send(from6, "six", 3, 0));
	show("six", s);
	getsockopt(from6, SOL_SOCKET, SO_ERROR, &err, &n);
	printf("refused: %s\n", t_errname(err));
	set(only6, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	T(bind_to(only6, "::", 7207));
	T(bind_to(from4, "0.0.0.0", 7207));
	close(s);
	close(from4);
	close(from6);
	close(only6);
}

/* A connect that fails leaves the peer that there was. */
static void failed_connect(int type, int protocol)
{
	int s = socket(AF_INET, type, protocol);

	T(connect_to(s, "127.0.0.1", 7208));
	net_name("peer", s, true);
	T(connect_to(s, "255.255.255.255", 7208));
	net_name("peer", s, true);
	T(connect_to(s, "203.0.113.1", 7208));
	net_name("peer", s, true);
	close(s);
}

/* SO_BINDTODEVICE holds for a socket that has its route already. */
static void change_device(int one, int two)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct tap_packet p;

	T(connect_to(s, "10.9.0.2", 7209));
	T(send(s, "first", 5, 0));
	IS(tap_read(one, &p, tap_is_udp4));
	printf("%.5s\n", p.b + 28);
	T(setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "t2", 3));
	T(send(s, "other", 5, 0));
	IS(tap_read(two, &p, tap_is_udp4));
	printf("%.5s\n", p.b + 28);
	close(s);
}

/* All sockets together keep no more than udp_mem says. */
static void memory(void)
{
	static char data[60000];
	int s[40], from = socket(AF_INET, SOCK_DGRAM, 0), kept = 0, buffer = 212992;
	char old[100] = { 0 };
	int fd = open("/proc/sys/net/ipv4/udp_mem", O_RDONLY);

	CHECK(read(fd, old, sizeof(old) - 1) > 0);
	close(fd);
	tap_sysctl("/proc/sys/net/ipv4/udp_mem", "64 64 64");
	for (int i = 0; i < 40; i++) {
		s[i] = net_bound("127.0.0.1", 7220 + i);
		set(s[i], SOL_SOCKET, SO_RCVBUF, buffer);
		for (int n = 0; n < 6; n++) {
			union net_addr a = net_addr("127.0.0.1", 7220 + i);
			sendto(from, data, sizeof(data), 0, &a.any, net_len(&a));
		}
	}
	for (int i = 0; i < 40; i++) {
		while (recv(s[i], data, sizeof(data), MSG_DONTWAIT) > 0)
			kept++;
		close(s[i]);
	}
	IS(kept > 0);
	IS(kept < 40 * 6 / 2);
	tap_sysctl("/proc/sys/net/ipv4/udp_mem", old);
	s[0] = net_bound("127.0.0.1", 7220);
	for (int n = 0; n < 6; n++)
		T(send_to(from, "127.0.0.1", 7220, "again"));
	for (int n = 0; n < 6; n++)
		show("again", s[0]);
	close(s[0]);
	close(from);
}

int main(void)
{
	int one, two;

	net_start();
	one = tap_open("t1", IFF_TUN);
	two = tap_open("t2", IFF_TUN);
	tap_up("t1", "10.9.0.1");
	tap_up("t2", "10.8.0.1");
	no_port();
	foreign("9.9.9.9", IPPROTO_IP, IP_FREEBIND);
	foreign_multicast();
	mapped_any();
	failed_connect(SOCK_DGRAM, 0);
	failed_connect(SOCK_RAW, 200);
	change_device(one, two);
	memory();
	return 0;
}
