// SPDX-License-Identifier: MPL-2.0
// What tests of AF_PACKET share. Packets have an ethertype for experiments, so nobody else's come
// to a socket that is bound to it.
#ifndef TESTS_ABI_LIB_PACKET_H
#define TESTS_ABI_LIB_PACKET_H

#include "tap.h"
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>

#define PK_TYPE 0x88b5

static struct sockaddr_ll pk_addr(const char *dev, int type)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET,
		.sll_protocol = htons(type),
		.sll_ifindex = dev ? tap_index(dev) : 0,
		.sll_halen = 6 };

	return a;
}

/* A socket of that type that sees packets of @type on @dev (NULL: on all). */
static int pk_open(int kind, const char *dev, int type)
{
	struct sockaddr_ll a = pk_addr(dev, type);
	int s = socket(AF_PACKET, kind, 0);

	CHECK(s >= 0);
	CHECK(bind(s, (struct sockaddr *)&a, sizeof(a)) == 0);
	return s;
}

/* A frame with @n bytes of data: 'a', 'b', and on. Its length. */
static int pk_frame(unsigned char *b, const char *to, const char *from, int type, int n)
{
	memcpy(b, to, 6);
	memcpy(b + 6, from, 6);
	b[12] = type >> 8;
	b[13] = type;
	for (int i = 0; i < n; i++)
		b[14 + i] = 'a' + i % 26;
	return 14 + n;
}

static const char pk_zero[6], pk_all[] = "\xff\xff\xff\xff\xff\xff";

/* Sends a frame of zero addresses by lo, with @n bytes of data. */
static long pk_send(int s, int type, int n)
{
	struct sockaddr_ll a = pk_addr("lo", type);
	unsigned char b[4096];
	int len = pk_frame(b, pk_zero, pk_zero, type, n);

	return sendto(s, b, len, 0, (struct sockaddr *)&a, sizeof(a));
}

static void pk_show_name(const struct sockaddr_ll *a, socklen_t len)
{
	printf("  family %d type %04x on %s hatype %d kind %d halen %d len %d:", a->sll_family,
		ntohs(a->sll_protocol), a->sll_ifindex ? "a device" : "none", a->sll_hatype,
		a->sll_pkttype, a->sll_halen, (int)len);
	for (int i = 0; i < a->sll_halen && i < 8; i++)
		printf(" %02x", a->sll_addr[i]);
	printf("\n");
}

/* Receives at once, and shows what came, and from whom if @named. */
static int pk_recv(const char *what, int s, int size, int flags, bool named)
{
	struct sockaddr_ll a = { 0 };
	socklen_t len = sizeof(a);
	unsigned char b[8192];
	int n = recvfrom(s, b, size, flags | MSG_DONTWAIT, (struct sockaddr *)&a, &len);

	if (n < 0) {
		printf("%s: %s\n", what, t_errname(errno));
		return n;
	}
	printf("%s: %d bytes:", what, n);
	for (int i = 0; i < n && i < size && i < 40; i++)
		printf(" %02x", b[i]);
	printf("\n");
	if (named)
		pk_show_name(&a, len);
	return n;
}

static void pk_drain(int s)
{
	char b[64];

	while (recv(s, b, sizeof(b), MSG_DONTWAIT) >= 0)
		;
}

static int pk_filter(int s, struct sock_filter *insns, int n)
{
	struct sock_fprog p = { .len = n, .filter = insns };

	return setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof(p));
}

static int pk_int(int s, int name, int v)
{
	return setsockopt(s, SOL_PACKET, name, &v, sizeof(v));
}

static void pk_stats(const char *what, int s)
{
	struct tpacket_stats st = { 77, 77 };
	socklen_t n = sizeof(st);

	if (getsockopt(s, SOL_PACKET, PACKET_STATISTICS, &st, &n))
		printf("%s: %s\n", what, t_errname(errno));
	else
		printf("%s: %u packets %u drops, %d bytes\n", what, st.tp_packets, st.tp_drops,
			(int)n);
}

#endif
