// SPDX-License-Identifier: MPL-2.0
/*
 * Pid 1 of the stress run of links: for the seconds given as last argument, processes make and
 * delete bridges, pairs, dummies and VLANs on few names, give them to each other as ports, change
 * their addresses, flags, states and stations, and send frames with random addresses through them,
 * while others listen to the news, dump the tables and read /sys/class/net. It ends with power-off;
 * the kernel then counts what it has lost.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "stress.h"

#define PROCESSES 9

static time_t end;
static int nl;

static int over(void)
{
	return time(NULL) >= end;
}

/* ---- messages ---- */

static union {
	struct nlmsghdr h;
	char bytes[1024];
} msg;

static void *put(unsigned n)
{
	void *p = msg.bytes + NLMSG_ALIGN(msg.h.nlmsg_len);

	memset(p, 0, n);
	msg.h.nlmsg_len = NLMSG_ALIGN(msg.h.nlmsg_len) + n;
	return p;
}

static void *begin(int type, int flags, unsigned n)
{
	msg.h = (struct nlmsghdr){ .nlmsg_len = sizeof(msg.h),
		.nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags };
	return put(n);
}

static struct rtattr *attr(int type, const void *v, unsigned n)
{
	struct rtattr *a = put(RTA_LENGTH(n));

	*a = (struct rtattr){ .rta_type = type, .rta_len = RTA_LENGTH(n) };
	if (n)
		memcpy(RTA_DATA(a), v, n);
	return a;
}

static void attr32(int type, uint32_t v)
{
	attr(type, &v, 4);
}

static void attr8(int type, uint8_t v)
{
	attr(type, &v, 1);
}

static void attr_end(struct rtattr *a)
{
	a->rta_len = msg.bytes + msg.h.nlmsg_len - (char *)a;
}

static void ask(void)
{
	char b[8192];

	if (send(nl, &msg, msg.h.nlmsg_len, 0) > 0)
		while (recv(nl, b, sizeof(b), MSG_DONTWAIT) > 0)
			;
}

static const char *names[] = { "br0", "br1", "br2", "va", "vb", "vc", "vd", "du0", "du1", "vl0",
	"vl1", "vl2", "lo" };

static const char *some_name(void)
{
	return names[rnd(13)];
}

static unsigned some_index(void)
{
	return rnd(8) ? if_nametoindex(some_name()) : rnd(400);
}

static void some_mac(unsigned char *mac)
{
	for (int i = 0; i < 6; i++)
		mac[i] = rnd(2) ? 0 : rnd(256);
	mac[0] = rnd(8) ? mac[0] & 0xfe : 0xff;
}

/* ---- changes ---- */

static void new_link(void)
{
	static const char *kinds[] = { "bridge", "veth", "dummy", "vlan" };
	unsigned k = rnd(4);
	struct rtattr *info, *data, *peer;
	uint16_t id = 1 + rnd(3);

	begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	if (k == 0)
		attr(IFLA_IFNAME, names[rnd(3)], 4);
	else if (k == 1)
		attr(IFLA_IFNAME, names[3 + 2 * rnd(2)], 3);
	else if (k == 2)
		attr(IFLA_IFNAME, names[7 + rnd(2)], 4);
	else
		attr(IFLA_IFNAME, names[9 + rnd(3)], 4);
	if (k == 3)
		attr32(IFLA_LINK, some_index());
	if (rnd(4) == 0)
		attr32(IFLA_MASTER, some_index());
	info = attr(IFLA_LINKINFO, NULL, 0);
	attr(IFLA_INFO_KIND, kinds[k], strlen(kinds[k]));
	if (k == 3) {
		data = attr(IFLA_INFO_DATA, NULL, 0);
		attr(IFLA_VLAN_ID, &id, 2);
		attr_end(data);
	} else if (k == 1) {
		data = attr(IFLA_INFO_DATA, NULL, 0);
		peer = attr(VETH_INFO_PEER, NULL, 0);
		put(sizeof(struct ifinfomsg));
		attr(IFLA_IFNAME, names[4 + 2 * rnd(2)], 3);
		attr_end(peer);
		attr_end(data);
	}
	attr_end(info);
	ask();
}

static void change_link(void)
{
	struct ifinfomsg *m = begin(RTM_NEWLINK, 0, sizeof(*m));
	unsigned char mac[6];
	struct rtattr *a;

	m->ifi_index = some_index();
	switch (rnd(7)) {
	case 0:
		m->ifi_change = IFF_UP | IFF_PROMISC;
		m->ifi_flags = rnd(4) ? IFF_UP : rnd(2) ? IFF_UP | IFF_PROMISC : 0;
		break;
	case 1:
		some_mac(mac);
		attr(IFLA_ADDRESS, mac, 6);
		break;
	case 2:
		attr32(IFLA_MTU, 60 + rnd(2000));
		break;
	case 3:
		attr8(IFLA_OPERSTATE, rnd(8));
		attr8(IFLA_LINKMODE, rnd(3));
		break;
	case 4:
		attr8(IFLA_CARRIER, rnd(2));
		break;
	default:
		attr32(IFLA_MASTER, rnd(4) ? if_nametoindex(names[rnd(3)]) : 0);
		break;
	}
	if (rnd(8) == 0) {
		a = attr(IFLA_AF_SPEC, NULL, 0);
		attr_end(a);
	}
	ask();
}

static void change_port(void)
{
	struct ifinfomsg *m = begin(RTM_SETLINK, 0, sizeof(*m));
	struct rtattr *a;

	m->ifi_family = AF_BRIDGE;
	m->ifi_index = some_index();
	a = attr(IFLA_PROTINFO | NLA_F_NESTED, NULL, 0);
	attr8(IFLA_BRPORT_MODE, rnd(2));
	attr8(IFLA_BRPORT_LEARNING, rnd(4) != 0);
	attr8(IFLA_BRPORT_UNICAST_FLOOD, rnd(4) != 0);
	attr8(IFLA_BRPORT_ISOLATED, rnd(4) == 0);
	attr_end(a);
	ask();
}

static void change_station(void)
{
	struct ndmsg *m = begin(rnd(3) ? RTM_NEWNEIGH : RTM_DELNEIGH,
		rnd(2) ? NLM_F_CREATE | (rnd(2) ? NLM_F_REPLACE : NLM_F_EXCL) : 0, sizeof(*m));
	unsigned char mac[6];

	m->ndm_family = AF_BRIDGE;
	m->ndm_ifindex = some_index();
	m->ndm_state = rnd(2) ? NUD_PERMANENT : rnd(2) ? NUD_NOARP : NUD_REACHABLE;
	m->ndm_flags = rnd(2) ? NTF_MASTER : NTF_SELF;
	some_mac(mac);
	attr(NDA_LLADDR, mac, 6);
	ask();
}

static void change_ageing(void)
{
	struct rtattr *info, *data;
	struct ifinfomsg *m = begin(RTM_NEWLINK, 0, sizeof(*m));

	m->ifi_index = if_nametoindex(names[rnd(3)]);
	info = attr(IFLA_LINKINFO, NULL, 0);
	attr(IFLA_INFO_KIND, "bridge", 6);
	data = attr(IFLA_INFO_DATA, NULL, 0);
	attr32(IFLA_BR_AGEING_TIME, rnd(3) ? rnd(200) : 0xffffffff);
	attr_end(data);
	attr_end(info);
	ask();
}

static void rename_link(int s)
{
	struct ifreq r = { 0 };

	strcpy(r.ifr_name, some_name());
	strcpy(r.ifr_newname, some_name());
	ioctl(s, SIOCSIFNAME, &r);
}

static void by_ioctl(int s)
{
	struct ifreq r = { 0 };
	char name[IFNAMSIZ] = { 0 };

	strcpy(name, names[rnd(3)]);
	strcpy(r.ifr_name, name);
	r.ifr_ifindex = some_index();
	ioctl(s, 0x89a0 + rnd(4), rnd(2) ? (void *)name : (void *)&r);
}

static void delete_link(void)
{
	struct ifinfomsg *m = begin(RTM_DELLINK, 0, sizeof(*m));

	m->ifi_index = some_index();
	if (m->ifi_index != 1)
		ask();
}

static void changer(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	while (!over()) {
		switch (rnd(14)) {
		case 0:
		case 1:
			new_link();
			break;
		case 2:
			delete_link();
			break;
		case 3:
			change_port();
			break;
		case 4:
		case 5:
		case 6:
			change_station();
			break;
		case 7:
			change_ageing();
			break;
		case 8:
			if (rnd(4) == 0)
				rename_link(s);
			break;
		case 9:
			by_ioctl(s);
			break;
		default:
			change_link();
		}
	}
	_exit(0);
}

/* ---- frames ---- */

static void sender(void)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = 6 };
	int s = socket(AF_PACKET, SOCK_RAW, 0x0300);
	unsigned char frame[200] = { 0 };
	char b[2000];

	while (!over()) {
		to.sll_ifindex = some_index();
		for (int i = 0; i < 20; i++) {
			some_mac(frame);
			some_mac(frame + 6);
			frame[12] = rnd(3) ? 8 : 0x81;
			frame[13] = 0;
			frame[15] = 1 + rnd(3);
			frame[16] = rnd(2) ? 0x81 : 8;
			sendto(s, frame, 14 + rnd(180), MSG_DONTWAIT, (struct sockaddr *)&to,
				sizeof(to));
		}
		while (recv(s, b, sizeof(b), MSG_DONTWAIT) > 0 && rnd(50))
			;
	}
	_exit(0);
}

/* ---- readers ---- */

static void listener(void)
{
	struct sockaddr_nl me = { .nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_NEIGH };
	char b[16384];
	int s;

	while (!over()) {
		s = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
		bind(s, (struct sockaddr *)&me, sizeof(me));
		for (int i = 0; i < 50; i++) {
			struct ifinfomsg *m = begin(rnd(2) ? RTM_GETLINK : RTM_GETNEIGH, NLM_F_DUMP,
				sizeof(*m));
			m->ifi_family = rnd(3) ? AF_BRIDGE : 0;
			send(s, &msg, msg.h.nlmsg_len, MSG_DONTWAIT);
			for (int k = 0; k < 20 && recv(s, b, sizeof(b), MSG_DONTWAIT) > 0; k++)
				;
			usleep(rnd(3000));
		}
		close(s);
	}
	_exit(0);
}

static void walk(int parent, const char *name, int depth)
{
	int dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NONBLOCK), fd;
	char b[512];
	struct dirent *e;
	DIR *d = dir < 0 ? NULL : fdopendir(dir);

	while (d && (e = readdir(d)) != NULL && !over()) {
		if (e->d_name[0] == '.')
			continue;
		readlinkat(dir, e->d_name, b, sizeof(b));
		fd = openat(dir, e->d_name, O_RDONLY | O_NONBLOCK);
		for (int i = 0; fd >= 0 && i < 8 && read(fd, b, sizeof(b)) > 0; i++)
			;
		if (fd >= 0)
			close(fd);
		if (depth && (e->d_type == DT_DIR || (depth == 3 && e->d_type == DT_LNK)))
			walk(dir, e->d_name, depth - 1);
	}
	if (d)
		closedir(d);
	else if (dir >= 0)
		close(dir);
}

static void process(int k)
{
	struct timeval soon = { 0, 50000 };

	rng = 88172645463325252ull + k * 7919;
	nl = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	MUST(nl >= 0);
	setsockopt(nl, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
	if (k < 4)
		changer();
	if (k < 6)
		sender();
	if (k < 7)
		listener();
	while (!over()) {
		walk(AT_FDCWD, "/sys/class/net", 3);
		walk(AT_FDCWD, "/proc/net", 1);
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	int st, bad = 0;

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	end = time(NULL) + (argc > 1 ? atoi(argv[argc - 1]) : 20);
	for (int k = 0; k < PROCESSES; k++)
		if (fork() == 0)
			process(k);
	while (wait(&st) > 0)
		bad |= st;
	umount2("/sys", MNT_DETACH);
	umount2("/proc", MNT_DETACH);
	printf(bad ? "STRESS FAIL status %#x\n" : "STRESS done\n", bad);
	fflush(stdout);
	reboot(RB_POWER_OFF);
	return 1;
}
