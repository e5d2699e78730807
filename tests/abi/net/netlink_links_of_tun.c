// SPDX-License-Identifier: MPL-2.0
// What NETLINK_ROUTE tells of tun and tap devices, `ip link del` of one that is in use, and the
// modes of link-local addresses.
#include "../lib/netlink.h"
#include "../lib/tap.h"

static int s;

/* IFLA_LINKINFO and IFLA_AF_SPEC of a link. */
static void info(const char *name)
{
	static char buf[32768];
	struct nl_message m;
	struct ifinfomsg *i = nl_new(&m, RTM_GETLINK, 0, sizeof(*i));
	const struct nlmsghdr *h = (void *)buf;
	const struct rtattr *a, *b, *c;
	int n, k, l;

	i->ifi_index = if_nametoindex(name);
	nl_send(s, &m);
	CHECK(recv(s, buf, sizeof(buf), 0) > 0 && h->nlmsg_type == RTM_NEWLINK);
	a = IFLA_RTA(NLMSG_DATA(h));
	n = IFLA_PAYLOAD(h);
	printf("%s:", name);
	b = nl_find(a, n, IFLA_LINKINFO, &k);
	if (b) {
		nl_put_text("kind", b, k, IFLA_INFO_KIND);
		c = nl_find(b, k, IFLA_INFO_DATA, &l);
		for (int t = IFLA_TUN_OWNER; c && t <= IFLA_TUN_NUM_DISABLED_QUEUES; t++) {
			char text[8];
			sprintf(text, "%d:", t);
			nl_put_u32(text, c, l, t);
		}
	}
	b = nl_find(a, n, IFLA_AF_SPEC, &k);
	b = b ? nl_find(b, k, AF_INET6, &k) : NULL;
	if (b)
		nl_put_u32("mode", b, k, IFLA_INET6_ADDR_GEN_MODE);
	printf("\n");
}

static void del(const char *what, unsigned index, const char *name)
{
	struct nl_message m;
	struct ifinfomsg *i = nl_new(&m, RTM_DELLINK, NLM_F_ACK, sizeof(*i));

	i->ifi_index = index;
	if (name)
		nl_attr(&m, IFLA_IFNAME, name, strlen(name) + 1);
	nl_ask(what, s, &m);
}

static volatile pid_t reader_tid;
static int reader_err;

static void *reader(void *arg)
{
	char b[100];

	reader_tid = t_gettid();
	reader_err = read(*(int *)arg, b, sizeof(b)) < 0 ? errno : 0;
	return NULL;
}

static short events(int fd)
{
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };

	poll(&p, 1, 0);
	return p.revents;
}

/* Whether a link-local address came with the device. */
static void link_local(const char *name)
{
	char line[200], dev[32];
	bool found = false;
	FILE *f = fopen("/proc/net/if_inet6", "r");

	while (fgets(line, sizeof(line), f))
		found = found ||
			(sscanf(line, "%*s %*s %*s %*s %*s %31s", dev) == 1 && !strcmp(dev, name) &&
				!strncmp(line, "fe80", 4));
	fclose(f);
	printf("%s has %s link-local address\n", name, found ? "a" : "no");
}

int main(void)
{
	int tun, tap, multi, news;
	struct ifreq r = { 0 };
	char b[40] = { 0x45 };
	pthread_t t;

	net_start();
	s = nl_socket(NETLINK_ROUTE, 0);
	tun = tap_open("tun10", IFF_TUN);
	tap = tap_open("tap10", IFF_TAP | IFF_VNET_HDR);
	multi = tap_open("tap11", IFF_TAP | IFF_MULTI_QUEUE);
	CHECK(ioctl(tap, TUNSETOWNER, 12) == 0 && ioctl(tap, TUNSETGROUP, 34) == 0);
	CHECK(ioctl(tap, TUNSETPERSIST, 1) == 0);
	info("lo");
	info("tun10");
	info("tap10");
	info("tap11");

	no_link_local(s, "tap11", IN6_ADDR_GEN_MODE_NONE);
	info("tap11");
	tap_flags("tap11", IFF_UP);
	tap_flags("tap10", IFF_UP);
	link_local("tap11");
	link_local("tap10");
	no_link_local(s, "tap11", IN6_ADDR_GEN_MODE_EUI64);
	no_link_local(s, "tap11", 9);
	info("tap11");

	del("lo", 1, NULL);
	del("nobody", 0, "none99");
	del("nothing", 0, NULL);
	close(tap);
	del("persistent, without a file", 0, "tap10");
	T((int)if_nametoindex("tap10"));
	CHECK(pthread_create(&t, NULL, reader, &tun) == 0);
	UNTIL(reader_tid != 0);
	t_wait_thread(reader_tid, 'S');
	news = nl_socket(NETLINK_ROUTE, RTMGRP_LINK);
	nl_dev = "tun10";
	del("with a reader", if_nametoindex("tun10"), NULL);
	pthread_join(t, NULL);
	printf("its read: %s\n", t_errname(reader_err));
	nl_news(news);
	T(read(tun, b, sizeof(b)));
	T(write(tun, b, sizeof(b)));
	T(ioctl(tun, TUNGETIFF, &r));
	SHOWX(events(tun));
	T((int)if_nametoindex("tun10"));
	close(tun);
	tun = tap_open("tun10", IFF_TUN);
	info("tun10");
	close(tun);
	close(multi);
	return 0;
}
