// SPDX-License-Identifier: MPL-2.0
// Many members of a group have long filters: each gets what its own filter keeps, and poll(2) tells
// of nothing else. No filter cuts: on Linux those that follow would see the shorter message.
#include "../lib/netlink.h"
#include "../lib/packet.h"
#include "../lib/tap.h"

#define MEMBERS 150
#define LONG    4000

// Keeps what is about one device, after a long way; nothing, if there is none.
static void filter(int s, unsigned ifindex)
{
	static struct sock_filter p[LONG + 4];
	int n = 0;

	for (; n < LONG; n++)
		p[n] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, n);
	p[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 20);
	p[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(ifindex), 0, 1);
	p[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0xffff);
	p[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	CHECK(pk_filter(s, p, n) == 0);
}

static void set_mtu(const char *name, int mtu)
{
	struct ifreq r = { .ifr_mtu = mtu };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	strcpy(r.ifr_name, name);
	CHECK(ioctl(s, SIOCSIFMTU, &r) == 0);
	close(s);
}

int main(void)
{
	int s[MEMBERS], got[3][3] = { 0 }, tap, other;
	unsigned wanted[3];

	net_start();
	tap = tap_open("tun7", IFF_TUN);
	other = tap_open("tun8", IFF_TUN);
	wanted[1] = if_nametoindex("tun7");
	wanted[2] = if_nametoindex("tun8");
	wanted[0] = 0;
	for (int i = 0; i < MEMBERS; i++) {
		s[i] = nl_socket(NETLINK_ROUTE, RTMGRP_LINK);
		filter(s[i], wanted[i % 3]);
	}
	set_mtu("tun8", 1300);
	set_mtu("tun7", 1300);
	set_mtu("tun8", 1400);
	for (int i = 0; i < MEMBERS; i++) {
		struct pollfd p = { .fd = s[i], .events = POLLIN };
		static char b[16384];
		int n, ready = poll(&p, 1, 0);

		n = recv(s[i], b, sizeof(b), MSG_DONTWAIT | MSG_PEEK);
		CHECK((n >= 0) == (ready == 1));
		CHECK(recv(s[i], b, sizeof(b), MSG_DONTWAIT) == n);
		got[i % 3][0] += ready;
		got[i % 3][1] += n >= 0;
		while (recv(s[i], b, sizeof(b), MSG_DONTWAIT) >= 0)
			got[i % 3][2]++;
	}
	for (int i = 0; i < 3; i++)
		printf("%d: ready %d, first ones %d, others %d\n", i, got[i][0], got[i][1],
			got[i][2]);
	for (int i = 0; i < MEMBERS; i++)
		close(s[i]);
	close(tap);
	close(other);
	CHECK(UNTIL(if_nametoindex("tun7") == 0 && if_nametoindex("tun8") == 0));
	return 0;
}
