// SPDX-License-Identifier: MPL-2.0
/*
 * TCP over a network card, with a peer on the other side of it (tests/bench/peer), which has an
 * address and a port for each service. These rows are for a boot with that card; in others they do
 * not exist.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* As in peer, and in run. */
#define GUEST      "10.9.0.1"
#define PEER       "10.9.0.2"
#define CARD_MIB   4
#define CARD_TRIPS 256
enum { PORT_SINK = 1, PORT_SOURCE, PORT_ECHO };

static int sock;

/* Linux has the card's driver in modules, which run has numbered in their order. */
static void load_modules(void)
{
	char path[32];
	int i, fd;

	for (i = 0;; i++) {
		snprintf(path, sizeof path, "/modules/%d.ko", i);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			return;
		syscall(SYS_finit_module, fd, "", 0);
		close(fd);
	}
}

/* 0, or -1: there is no card. */
static int card_up(void)
{
	struct ifreq r = { .ifr_name = "eth0" };
	struct sockaddr_in in = { .sin_family = AF_INET };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	if (s < 0)
		return -1;
	if (ioctl(s, SIOCGIFFLAGS, &r)) {
		load_modules();
		if (ioctl(s, SIOCGIFFLAGS, &r)) {
			close(s);
			return -1;
		}
	}
	inet_pton(AF_INET, GUEST, &in.sin_addr);
	memcpy(&r.ifr_addr, &in, sizeof in);
	NEED(ioctl(s, SIOCSIFADDR, &r) == 0);
	NEED(ioctl(s, SIOCGIFFLAGS, &r) == 0);
	r.ifr_flags |= IFF_UP | IFF_RUNNING;
	NEED(ioctl(s, SIOCSIFFLAGS, &r) == 0);
	close(s);
	return 0;
}

static int card_connect(int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
	int one = 1;

	if (card_up())
		return -1;
	inet_pton(AF_INET, PEER, &in.sin_addr);
	sock = socket(AF_INET, SOCK_STREAM, 0);
	NEED(sock >= 0 && connect(sock, (void *)&in, sizeof in) == 0);
	NEED(setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0);
	return 0;
}
static int card_sink(void)
{
	return card_connect(PORT_SINK);
}
static int card_source(void)
{
	return card_connect(PORT_SOURCE);
}
static int card_echo(void)
{
	return card_connect(PORT_ECHO);
}

static char bytes[KIB64];

/* The peer answers when all of it has come. */
static u64 run_out(unsigned n)
{
	TIMED(n,
		for (unsigned i = 0; i < CARD_MIB * 16; i++)
			NEED(write(sock, bytes, sizeof bytes) == sizeof bytes);
		NEED(read(sock, bytes, 1) == 1));
}
/* The peer sends when it is asked to. */
static void receive(void)
{
	size_t left = CARD_MIB * 16 * KIB64;
	ssize_t got;

	NEED(write(sock, bytes, 1) == 1);
	while (left) {
		got = read(sock, bytes, left < sizeof bytes ? left : sizeof bytes);
		NEED(got > 0);
		left -= got;
	}
}
static u64 run_in(unsigned n)
{
	TIMED(n, receive());
}
static u64 run_trips(unsigned n)
{
	TIMED(n,
		for (unsigned i = 0; i < CARD_TRIPS; i++)
			NEED(write(sock, bytes, 1) == 1 && read(sock, bytes, 1) == 1));
}

const struct row rows_card[] = {
	{ "card, TCP out, MiB", card_sink, run_out },
	{ "card, TCP in, MiB", card_source, run_in },
	{ "card, TCP round trip, 1 byte", card_echo, run_trips },
	{ NULL, NULL, NULL },
};
