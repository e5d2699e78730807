// SPDX-License-Identifier: MPL-2.0
// Several machines that claim an address: the first answer counts for a second, a question to this
// machine and an announcement replace what is known at once.
#include "../lib/tap.h"
#include <net/if_arp.h>
#include <netinet/if_ether.h>

static const unsigned char own[6] = { 2, 0, 0, 0, 0, 1 }, all[6] = { 255, 255, 255, 255, 255, 255 };
static int tap;

/* From the machine whose address ends in @who, which claims @sip. */
static void arp(const unsigned char *to, int who, int op, const char *sip, const char *tip)
{
	struct ether_arp a = { .ea_hdr = { htons(1), htons(0x800), 6, 4, htons(op) } };
	struct ether_header h = { .ether_type = htons(ETHERTYPE_ARP) };
	struct tap_packet p = { 0 };

	memcpy(h.ether_dhost, to, 6);
	h.ether_shost[0] = a.arp_sha[0] = 2;
	h.ether_shost[5] = a.arp_sha[5] = who;
	memcpy(a.arp_tha, to, 6);
	inet_pton(AF_INET, sip, a.arp_spa);
	inet_pton(AF_INET, tip, a.arp_tpa);
	tap_add(&p, &h, 14);
	tap_add(&p, &a, sizeof(a));
	CHECK(tap_write(tap, &p) == p.n);
}

/* Who has the address; 0: nobody is known. */
static int owner(const char *ip)
{
	union net_addr a = net_addr(ip, 0);
	struct arpreq r = { 0 };

	memcpy(&r.arp_pa, &a.in, sizeof(a.in));
	strcpy(r.arp_dev, "t0");
	return ioctl(tap_sock(), SIOCGARP, &r) ? 0 : (unsigned char)r.arp_ha.sa_data[5];
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/*
 * A second answer right behind the first. If the machine was so slow that a second may have passed,
 * the result says nothing, and another address is tried.
 */
static void second_answer(void)
{
	char ip[32];

	for (int i = 20; i < 200; i++) {
		long begin = now_ms();
		snprintf(ip, sizeof(ip), "10.9.0.%d", i);
		arp(all, 0x11, 1, ip, "10.9.0.1");
		arp(own, 0x12, 2, ip, "10.9.0.1");
		int who = owner(ip);
		if (now_ms() - begin < 500) {
			printf("second answer: %x\n", who);
			return;
		}
	}
	printf("too slow\n");
}

static bool replaced(int who)
{
	arp(own, who, 2, "10.9.0.2", "10.9.0.1");
	return owner("10.9.0.2") == who;
}

int main(void)
{
	struct ifreq r = { .ifr_name = "t0" };

	net_start();
	tap = tap_open("t0", IFF_TAP);
	r.ifr_hwaddr.sa_family = 1;
	memcpy(r.ifr_hwaddr.sa_data, own, 6);
	CHECK(ioctl(tap, SIOCSIFHWADDR, &r) == 0);
	tap_up("t0", "10.9.0.1");
	second_answer();
	arp(all, 0x11, 1, "10.9.0.2", "10.9.0.1");
	printf("a question: %x\n", owner("10.9.0.2"));
	arp(all, 0x12, 1, "10.9.0.2", "10.9.0.1");
	printf("another question: %x\n", owner("10.9.0.2"));
	arp(all, 0x13, 1, "10.9.0.2", "10.9.0.2");
	printf("an announcement: %x\n", owner("10.9.0.2"));
	IS(UNTIL(replaced(0x14)));
	return 0;
}
