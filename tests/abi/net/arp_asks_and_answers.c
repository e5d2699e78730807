// SPDX-License-Identifier: MPL-2.0
// ARP on a tap device: questions that this machine asks and answers, what it believes, packets that
// wait for an answer, neighbours that do not answer, entries that are set by hand.
#include "../lib/tap.h"
#include <net/if_arp.h>
#include <netinet/if_ether.h>

static const unsigned char own[6] = { 2, 0, 0, 0, 0, 1 }, peer[6] = { 2, 0, 0, 0, 0, 2 };
static const unsigned char other[6] = { 2, 0, 0, 0, 0, 3 },
			   all[6] = { 255, 255, 255, 255, 255, 255 };
static int tap;

static void ether(struct tap_packet *p, const unsigned char *to, const unsigned char *from,
	int type)
{
	struct ether_header h = { .ether_type = htons(type) };

	memcpy(h.ether_dhost, to, 6);
	memcpy(h.ether_shost, from, 6);
	tap_add(p, &h, 14);
}

static void arp(const unsigned char *to, const unsigned char *from, int op,
	const unsigned char *sha, const char *sip, const char *tip)
{
	struct ether_arp a = { .ea_hdr = { htons(1), htons(0x800), 6, 4, htons(op) } };
	struct tap_packet p = { 0 };

	memcpy(a.arp_sha, sha, 6);
	inet_pton(AF_INET, sip, a.arp_spa);
	inet_pton(AF_INET, tip, a.arp_tpa);
	ether(&p, to, from, ETHERTYPE_ARP);
	tap_add(&p, &a, sizeof(a));
	CHECK(tap_write(tap, &p) == p.n);
}

static const char *about; /* whose questions count; those that are repeated about others do not */

static bool is_arp(const struct tap_packet *p)
{
	struct in_addr a;

	if (p->b[12] != 8 || p->b[13] != 6)
		return false;
	inet_pton(AF_INET, about, &a);
	return p->b[21] == 2 || !memcmp(p->b + 38, &a, 4);
}
static bool is_udp(const struct tap_packet *p)
{
	return p->b[12] == 8 && p->b[13] == 0 && p->b[14 + 9] == IPPROTO_UDP;
}
static bool is_either(const struct tap_packet *p)
{
	return is_arp(p) || is_udp(p);
}

static void show_mac(const char *what, const unsigned char *m)
{
	printf(" %s %02x:%02x:%02x:%02x:%02x:%02x", what, m[0], m[1], m[2], m[3], m[4], m[5]);
}

/* The next ARP or UDP packet that this machine sends. */
static void show_next(bool (*wanted)(const struct tap_packet *))
{
	struct tap_packet p;
	struct ether_arp a;
	char text[2][32];

	if (!tap_read(tap, &p, wanted)) {
		printf("nothing\n");
		return;
	}
	printf("%s:", is_arp(&p) ? "arp" : "udp");
	show_mac("to", p.b);
	show_mac("from", p.b + 6);
	if (is_arp(&p)) {
		memcpy(&a, p.b + 14, sizeof(a));
		printf(" op %d", ntohs(a.ea_hdr.ar_op));
		show_mac("sha", a.arp_sha);
		show_mac("tha", a.arp_tha);
		printf(" %s -> %s", inet_ntop(AF_INET, a.arp_spa, text[0], 32),
			inet_ntop(AF_INET, a.arp_tpa, text[1], 32));
	} else {
		printf(" %.*s", p.n - 42, p.b + 42);
	}
	printf("\n");
}

static void send_to(int s, const char *to, const char *text)
{
	union net_addr a = net_addr(to, 7400);

	about = to;
	T(sendto(s, text, strlen(text), 0, &a.any, net_len(&a)));
}

static void table(void)
{
	char line[200];
	FILE *f = fopen("/proc/net/arp", "r");

	CHECK(f);
	while (fgets(line, sizeof(line), f))
		if (strstr(line, "t0") || strstr(line, "IP"))
			printf("%s", line);
	fclose(f);
}

/* A question by us: what is sent before the answer waits for it. */
static void asks(int s)
{
	printf("-- asks\n");
	send_to(s, "10.9.0.2", "one");
	send_to(s, "10.9.0.2", "two");
	show_next(is_either);
	table();
	arp(own, peer, 2, peer, "10.9.0.2", "10.9.0.1");
	show_next(is_udp);
	show_next(is_udp);
	send_to(s, "10.9.0.2", "three");
	show_next(is_udp);
	table();
}

/* Questions to us, and what they teach. */
static void answers(int s)
{
	printf("-- answers\n");
	arp(all, other, 1, other, "10.9.0.3", "10.9.0.1");
	show_next(is_arp);
	send_to(s, "10.9.0.3", "known");
	show_next(is_either);
	printf("-- is the address free\n");
	arp(all, other, 1, other, "0.0.0.0", "10.9.0.1");
	show_next(is_arp);
	printf("-- not for us\n");
	arp(all, other, 1, other, "10.9.0.4", "10.9.0.99");
	arp(own, other, 2, other, "10.9.0.5", "10.9.0.1");
	arp(all, other, 1, other, "10.9.0.6", "10.9.0.6");
	arp(all, other, 1, other, "10.9.0.1", "10.9.0.1");
	arp(all, other, 1, other, "10.9.0.7", "10.9.0.1");
	show_next(is_arp);
	send_to(s, "10.9.0.4", "unknown");
	show_next(is_either);
	send_to(s, "10.9.0.5", "unknown");
	show_next(is_either);
	send_to(s, "10.9.0.6", "unknown");
	show_next(is_either);
}

/* Packets that no ARP packets are. */
static void broken(void)
{
	struct ether_arp a = { .ea_hdr = { htons(1), htons(0x800), 6, 4, htons(1) } };

	printf("-- broken\n");
	memcpy(a.arp_sha, other, 6);
	inet_pton(AF_INET, "10.9.0.8", a.arp_spa);
	inet_pton(AF_INET, "10.9.0.1", a.arp_tpa);
	for (int i = 0; i < 7; i++) {
		struct ether_arp b = a;
		struct tap_packet p = { 0 };
		int n = sizeof(b);
		switch (i) {
		case 0:
			b.ea_hdr.ar_hrd = htons(2);
			break;
		case 1:
			b.ea_hdr.ar_pro = htons(0x86dd);
			break;
		case 2:
			b.ea_hdr.ar_hln = 8;
			break;
		case 3:
			b.ea_hdr.ar_pln = 16;
			break;
		case 4:
			b.ea_hdr.ar_op = htons(9);
			break;
		case 5:
			n = 20;
			break;
		}
		ether(&p, i == 6 ? peer : all, other, ETHERTYPE_ARP);
		tap_add(&p, &b, n);
		CHECK(tap_write(tap, &p) == p.n);
	}
	arp(all, other, 1, other, "10.9.0.9", "10.9.0.1");
	show_next(is_arp);
}

/* Nobody answers: three questions, then an error. */
static void silence(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0), err;
	union net_addr a = net_addr("10.9.0.50", 7400);
	struct pollfd f = { .fd = s };

	printf("-- silence\n");
	about = "10.9.0.50";
	T(connect(s, &a.any, net_len(&a)));
	T(send(s, "lost", 4, 0));
	for (int i = 0; i < 3; i++)
		show_next(is_arp);
	IS(poll(&f, 1, TAP_WAIT) == 1 && (f.revents & POLLERR));
	err = 0;
	getsockopt(s, SOL_SOCKET, SO_ERROR, &err, &(socklen_t){ sizeof(err) });
	printf("%s\n", err ? t_errname(err) : "none");
	close(s);
}

static struct arpreq entry(const char *ip, const unsigned char *mac, int flags)
{
	union net_addr a = net_addr(ip, 0);
	struct arpreq r = { .arp_flags = flags, .arp_dev = "t0" };

	memcpy(&r.arp_pa, &a.in, sizeof(a.in));
	r.arp_ha.sa_family = ARPHRD_ETHER;
	if (mac)
		memcpy(r.arp_ha.sa_data, mac, 6);
	return r;
}

static void by_hand(int s)
{
	struct arpreq r = entry("10.9.0.60", other, ATF_PERM | ATF_COM);

	printf("-- by hand\n");
	T(ioctl(s, SIOCSARP, &r));
	send_to(s, "10.9.0.60", "by hand");
	show_next(is_either);
	r = entry("10.9.0.60", NULL, 0);
	T(ioctl(s, SIOCGARP, &r));
	SHOW(r.arp_flags);
	show_mac("is", (unsigned char *)r.arp_ha.sa_data);
	printf("\n");
	/* A permanent entry stays. */
	arp(own, peer, 2, peer, "10.9.0.60", "10.9.0.1");
	send_to(s, "10.9.0.60", "stays");
	show_next(is_either);
	r = entry("10.9.0.60", NULL, 0);
	T(ioctl(s, SIOCDARP, &r));
	T(ioctl(s, SIOCDARP, &r));
	T(ioctl(s, SIOCGARP, &r));
	r = entry("10.9.0.61", other, ATF_COM);
	strcpy(r.arp_dev, "none");
	T(ioctl(s, SIOCSARP, &r));
	strcpy(r.arp_dev, "lo");
	T(ioctl(s, SIOCSARP, &r));
	T(ioctl(s, SIOCGARP, &r));
}

/* Broadcasts and groups need no question. */
static void to_many(int s)
{
	struct ip_mreqn m = { .imr_ifindex = tap_index("t0") };
	int on = 1;

	printf("-- to many\n");
	setsockopt(s, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	send_to(s, "10.9.0.255", "directed");
	show_next(is_either);
	setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &m, sizeof(m));
	send_to(s, "255.255.255.255", "limited");
	show_next(is_either);
	send_to(s, "239.129.2.3", "group");
	show_next(is_either);
}

int main(void)
{
	struct ifreq r = { .ifr_name = "t0" };
	int s;

	net_start();
	tap = tap_open("t0", IFF_TAP);
	r.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(r.ifr_hwaddr.sa_data, own, 6);
	T(ioctl(tap, SIOCSIFHWADDR, &r));
	tap_up("t0", "10.9.0.1");
	s = socket(AF_INET, SOCK_DGRAM, 0);
	asks(s);
	answers(s);
	broken();
	silence();
	by_hand(s);
	to_many(s);
	return 0;
}
