// SPDX-License-Identifier: MPL-2.0
/*
 * Pid 1 of the stress run of the network: for the seconds given as last argument, processes make
 * UDP, raw and TCP sockets on few ports, bind them twice, connect and disconnect them, join groups,
 * send datagrams that are cut, and go, while others read /proc/net and write packets at random into
 * tun and tap devices that come and go. It ends with power-off; the kernel then counts what it has
 * lost.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "stress.h"

#define PROCESSES 8
#define PORTS     6

static time_t end;
static char data[30000];

static int over(void)
{
	return time(NULL) >= end;
}

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static socklen_t some_address(union address *a, int family)
{
	static const char *four[] = { "127.0.0.1", "127.0.0.2", "0.0.0.0", "224.5.6.7", "10.9.0.2",
		"127.255.255.255", "10.9.0.1" };
	static const char *six[] = { "::1", "::", "::ffff:127.0.0.1", "::ffff:0.0.0.0",
		"ff02::1234" };

	memset(a, 0, sizeof(*a));
	a->in.sin_port = htons(rnd(4) ? 7000 + rnd(PORTS) : 0);
	a->any.sa_family = rnd(20) ? family : AF_UNSPEC;
	if (family == AF_INET) {
		inet_pton(AF_INET, four[rnd(7)], &a->in.sin_addr);
		return sizeof(a->in);
	}
	inet_pton(AF_INET6, six[rnd(5)], &a->in6.sin6_addr);
	a->in6.sin6_scope_id = 1;
	return sizeof(a->in6);
}

static void set(int s, int level, int name, int v)
{
	setsockopt(s, level, name, &v, sizeof(v));
}

static void some_option(int s)
{
	struct ip_mreqn m = { .imr_ifindex = 1 };

	switch (rnd(12)) {
	case 0:
		set(s, SOL_SOCKET, SO_REUSEADDR, rnd(2));
		break;
	case 1:
		set(s, SOL_SOCKET, SO_REUSEPORT, rnd(2));
		break;
	case 2:
		set(s, IPPROTO_IP, 24 /* IP_BIND_ADDRESS_NO_PORT */, rnd(2));
		break;
	case 3:
		set(s, IPPROTO_IP, IP_RECVERR, rnd(2));
		set(s, IPPROTO_IPV6, IPV6_RECVERR, rnd(2));
		break;
	case 4:
		set(s, IPPROTO_IP, IP_FREEBIND, rnd(2));
		break;
	case 5:
		inet_pton(AF_INET, rnd(2) ? "224.5.6.7" : "224.5.6.8", &m.imr_multiaddr);
		setsockopt(s, IPPROTO_IP, rnd(2) ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &m,
			sizeof(m));
		break;
	case 6:
		set(s, SOL_SOCKET, SO_RCVBUF, rnd(100000));
		break;
	case 7:
		set(s, SOL_SOCKET, SO_BROADCAST, 1);
		break;
	case 8:
		setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, rnd(2) ? "lo" : "", rnd(2) * 2);
		break;
	case 9:
		set(s, IPPROTO_UDP, 103 /* UDP_SEGMENT */, rnd(2) ? 0 : 500);
		break;
	case 10:
		set(s, IPPROTO_UDP, 104 /* UDP_GRO */, rnd(2));
		break;
	default:
		set(s, IPPROTO_IP, IP_TOS, rnd(256));
		break;
	}
}

static void use(int s, int family)
{
	char b[2000];
	union address a;
	socklen_t n = some_address(&a, family);

	switch (rnd(10)) {
	case 0:
	case 1:
		bind(s, &a.any, n);
		break;
	case 2:
		connect(s, &a.any, n);
		break;
	case 3:
		some_option(s);
		break;
	case 4:
		listen(s, 3);
		close(accept4(s, NULL, NULL, SOCK_NONBLOCK));
		break;
	case 5:
	case 6:
		sendto(s, data, rnd(8) ? rnd(1500) : rnd(sizeof(data)),
			MSG_DONTWAIT | MSG_NOSIGNAL | (rnd(20) ? 0 : MSG_MORE),
			rnd(3) ? &a.any : NULL, n);
		break;
	case 7:
		recv(s, b, sizeof(b), MSG_DONTWAIT | (rnd(4) ? 0 : MSG_ERRQUEUE));
		break;
	case 8:
		if (rnd(10) == 0)
			shutdown(s, rnd(3));
		break;
	default:
		recv(s, b, sizeof(b), MSG_DONTWAIT | MSG_PEEK);
		break;
	}
}

static void read_table(void)
{
	static const char *names[] = { "udp", "udp6", "raw", "raw6", "tcp", "tcp6", "dev",
		"if_inet6", "route", "snmp", "snmp6", "igmp", "arp" };
	char path[40], b[4096];
	int fd;

	snprintf(path, sizeof(path), "/proc/net/%s", names[rnd(13)]);
	fd = open(path, O_RDONLY);
	while (fd >= 0 && read(fd, b, sizeof(b)) > 0)
		;
	close(fd);
}

static void sockets(void)
{
	int s[12], family[12], n = 0;

	while (!over()) {
		if (n < 12 && rnd(4) == 0) {
			int type = rnd(8) ? SOCK_DGRAM : rnd(2) ? SOCK_RAW : SOCK_STREAM;
			family[n] = rnd(2) ? AF_INET : AF_INET6;
			s[n] = socket(family[n], type | SOCK_NONBLOCK,
				type == SOCK_RAW ? rnd(2) ? IPPROTO_UDP : IPPROTO_ICMP : 0);
			n += s[n] >= 0;
		}
		if (n)
			for (int i = rnd(30); i > 0; i--) {
				int k = rnd(n);
				use(s[k], family[k]);
			}
		if (rnd(30) == 0)
			read_table();
		if (n && rnd(4) == 0) {
			n--;
			close(s[n]);
		}
	}
}

/* An IP packet that is nearly good, for this machine. */
static int some_packet(unsigned char *b)
{
	int at = 0, n = 28 + rnd(1400);
	unsigned sum = 0;

	for (int i = 0; i < n; i++)
		b[i] = rnd(256);
	if (rnd(3)) {
		unsigned char h[20] = { 0x45, 0, n >> 8, n, 0, rnd(4), rnd(3) ? 0 : rnd(64), rnd(8),
			64,
			rnd(2)           ? 17
				: rnd(2) ? 1
					 : 6,
			0, 0, 10, 9, 0, 2 + rnd(2), 10, 9, 0, 1 };
		if (rnd(10) == 0)
			h[rnd(20)] = rnd(256);
		for (int i = 0; i < 20; i += 2)
			sum += h[i] << 8 | h[i + 1];
		sum = (sum & 0xffff) + (sum >> 16);
		sum = ~((sum & 0xffff) + (sum >> 16));
		h[10] = sum >> 8;
		h[11] = sum;
		memcpy(b, h, 20);
		at = 20;
	} else {
		static const unsigned char next[] = { 17, 58, 6, 44, 60, 43, 0, 59 };
		unsigned char h[40] = { 0x60, 0, 0, 0, (n - 40) >> 8, n - 40, next[rnd(8)], 255,
			0xfe, 0x80 };
		if (n < 60)
			n = 60;
		h[4] = (n - 40) >> 8;
		h[5] = n - 40;
		h[23] = 9;
		h[24] = 0xff;
		h[25] = 2;
		h[39] = 1;
		memcpy(b, h, 40);
		if (rnd(2))
			b[40] = next[rnd(8)];
		b[41] = rnd(4) ? rnd(6) : b[41];
		at = 40;
	}
	/* Often a UDP packet without a sum, to one of the ports. */
	if (rnd(2) && n >= at + 8) {
		unsigned short port = 7000 + rnd(PORTS);
		unsigned char u[8] = { 0, 9, port >> 8, port, (n - at) >> 8, n - at, 0, 0 };
		memcpy(b + at, u, 8);
	}
	return n;
}

static void device(int s)
{
	int tap = rnd(2), vnet = rnd(2), at, n;
	unsigned char b[2000];
	struct ifreq r = { .ifr_flags = (tap ? IFF_TAP : IFF_TUN) | IFF_NO_PI |
			(vnet ? IFF_VNET_HDR : 0) | (rnd(3) ? 0 : IFF_MULTI_QUEUE) };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	snprintf(r.ifr_name, IFNAMSIZ, "s%d", rnd(3));
	if (fd < 0 || ioctl(fd, TUNSETIFF, &r)) {
		close(fd);
		return;
	}
	if (rnd(2))
		ioctl(fd, TUNSETOFFLOAD, rnd(2) ? 7 : 1);
	((struct sockaddr_in *)&r.ifr_addr)->sin_family = AF_INET;
	inet_pton(AF_INET, "10.9.0.1", &((struct sockaddr_in *)&r.ifr_addr)->sin_addr);
	ioctl(s, SIOCSIFADDR, &r);
	r.ifr_flags = IFF_UP | IFF_RUNNING;
	ioctl(s, SIOCSIFFLAGS, &r);
	for (int i = rnd(3000); i > 0 && !over(); i--) {
		at = vnet ? 10 : 0;
		memset(b, 0, at);
		if (vnet && rnd(4) == 0)
			for (int k = 0; k < 10; k++)
				b[k] = rnd(3) ? 0 : rnd(256);
		if (tap) {
			memset(b + at, rnd(4) ? 255 : 1, 6);
			memset(b + at + 6, 2, 6);
			at += 14;
		}
		n = some_packet(b + at);
		if (tap) {
			b[at - 2] = b[at] >> 4 == 4 ? 8 : 0x86;
			b[at - 1] = b[at] >> 4 == 4 ? 0 : 0xdd;
		}
		if (tap && rnd(4) == 0) {
			static const unsigned char arp[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 2, 2,
				2, 2, 2, 10, 9, 0, 2, 0, 0, 0, 0, 0, 0, 10, 9, 0, 1 };
			memcpy(b + at - 2, arp, sizeof(arp));
			b[at + 7] = 1 + rnd(2);
			b[at + 17] = rnd(256);
			n = 28;
		}
		(void)!write(fd, b, at + n);
		while (rnd(2) && read(fd, b, sizeof(b)) > 0)
			;
	}
	close(fd);
}

static void process(int k)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	rng = 88172645463325252ull + k * 7919;
	if (k % 4 == 3)
		while (!over())
			device(s);
	else
		sockets();
	_exit(0);
}

int main(int argc, char **argv)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int st, s = socket(AF_INET, SOCK_DGRAM, 0);

	mkdir("/proc", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	MUST(ioctl(s, SIOCSIFFLAGS, &r) == 0);
	r.ifr_mtu = 1500;
	MUST(ioctl(s, SIOCSIFMTU, &r) == 0);
	end = time(NULL) + (argc > 1 ? atoi(argv[argc - 1]) : 20);
	for (int k = 0; k < PROCESSES; k++)
		if (fork() == 0)
			process(k);
	while (wait(&st) > 0)
		if (st)
			printf("STRESS FAIL status %#x\n", st);
	umount2("/dev", MNT_DETACH);
	umount2("/proc", MNT_DETACH);
	printf("STRESS done\n");
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
