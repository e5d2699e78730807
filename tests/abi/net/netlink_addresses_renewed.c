// SPDX-License-Identifier: MPL-2.0
// Addresses of a link: renewed in place, with a time to live, with a peer, and with labels.
#include "../lib/netlink.h"
#include "../lib/tap.h"

static int s, news, index_;

struct give {
	const char *local, *address, *label;
	int bits, flags;
	unsigned valid, preferred; // 0, 0: nothing is said
	bool times;
};

/* Waits until an address of IPv6 can be used; what was told meanwhile depends on the time. */
static void settle(const char *text)
{
	union net_addr a = net_addr(text, 0);
	int six = socket(AF_INET6, SOCK_DGRAM, 0);
	char buf[8192];

	UNTIL(bind(six, &a.any, net_len(&a)) == 0);
	close(six);
	while (recv(news, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
}

static void address(const char *what, int type, int flags, struct give g)
{
	struct nl_message m;
	struct ifaddrmsg *a = nl_new(&m, type, NLM_F_ACK | flags, sizeof(*a));
	const char *any = g.local ? g.local : g.address;
	struct ifa_cacheinfo c = { .ifa_valid = g.valid, .ifa_prefered = g.preferred };

	a->ifa_family = strchr(any, ':') ? AF_INET6 : AF_INET;
	a->ifa_prefixlen = g.bits;
	a->ifa_index = index_;
	if (g.local)
		nl_attr_addr(&m, IFA_LOCAL, g.local);
	if (g.address)
		nl_attr_addr(&m, IFA_ADDRESS, g.address);
	if (g.label)
		nl_attr(&m, IFA_LABEL, g.label, strlen(g.label) + 1);
	if (g.flags)
		nl_attr_u32(&m, IFA_FLAGS, g.flags);
	if (g.times)
		nl_attr(&m, IFA_CACHEINFO, &c, sizeof(c));
	nl_ask(what, s, &m);
	if (a->ifa_family == AF_INET6 && type == RTM_NEWADDR && (flags & NLM_F_EXCL))
		settle(any);
	nl_news(news);
}

static void dump(const char *what, int type, int family)
{
	struct nl_message m;
	unsigned char *p = nl_new(&m, type, NLM_F_DUMP, 16);

	*p = family;
	nl_ask(what, s, &m);
}

/* Waits for the news that an address has gone, or is another; shows what came on the way. */
static void wait_news(int type)
{
	static char buf[32768];
	bool found = false;

	while (!found) {
		ssize_t n = recv(news, buf, sizeof(buf), 0);
		CHECK(n > 0);
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			found = found || h->nlmsg_type == type;
			if (h->nlmsg_type == RTM_NEWADDR || h->nlmsg_type == RTM_DELADDR) {
				printf("news: ");
				nl_show(h);
			}
		}
	}
}

static void renewed(void)
{
	struct give four = { .local = "10.31.0.1", .address = "10.31.0.1", .bits = 24 };
	struct give six = { .address = "2001:db8:31::1", .bits = 64 };

	address("IPv4", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, four);
	address("again", RTM_NEWADDR, NLM_F_CREATE, four);
	address("replaced", RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, four);
	four.times = true, four.valid = 1000, four.preferred = 500;
	address("with times", RTM_NEWADDR, NLM_F_REPLACE, four);
	four.preferred = 0;
	address("not preferred", RTM_NEWADDR, NLM_F_REPLACE, four);
	four.valid = four.preferred = -1;
	address("for ever", RTM_NEWADDR, NLM_F_REPLACE, four);
	four.valid = 0, four.preferred = 0;
	address("with no time", RTM_NEWADDR, NLM_F_REPLACE, four);
	four.valid = 5, four.preferred = 6;
	address("longer preferred than valid", RTM_NEWADDR, NLM_F_REPLACE, four);
	address("IPv6", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, six);
	address("again", RTM_NEWADDR, NLM_F_CREATE, six);
	six.times = true, six.valid = 1000, six.preferred = 500;
	address("with times", RTM_NEWADDR, NLM_F_REPLACE, six);
	six.valid = six.preferred = -1, six.flags = IFA_F_NOPREFIXROUTE;
	address("without a route", RTM_NEWADDR, NLM_F_REPLACE, six);
	six.flags = 0;
	address("with a route", RTM_NEWADDR, NLM_F_REPLACE, six);
	address("gone", RTM_DELADDR, 0, six);
	address("gone", RTM_DELADDR, 0, (struct give){ .local = "10.31.0.1", .bits = 24 });
}

static bool has_routes(const char *device)
{
	char line[256];
	FILE *f = fopen("/proc/net/route", "r");
	bool any = false;

	CHECK(f != NULL);
	while (fgets(line, sizeof(line), f))
		any |= !strncmp(line, device, strlen(device));
	fclose(f);
	return any;
}

static void ends(void)
{
	struct give four = { .local = "10.32.0.1",
		.address = "10.32.0.1",
		.bits = 24,
		.times = true,
		.valid = 2,
		.preferred = 1 };

	address("for two seconds", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, four);
	wait_news(RTM_NEWADDR);
	wait_news(RTM_DELADDR);
	dump("nothing is left", RTM_GETADDR, AF_INET);
	CHECK(UNTIL(!has_routes("tun9"))); // Linux tells of the address first
	dump("nor routes", RTM_GETROUTE, AF_INET);
	nl_news(news);
}

static void peer(const char *what)
{
	struct ifreq r = { .ifr_name = "tun9" };
	char text[32];

	if (ioctl(tap_sock(), SIOCGIFDSTADDR, &r))
		printf("%s: %s\n", what, t_errname(errno));
	else
		printf("%s: %s\n", what,
			inet_ntop(AF_INET, &((struct sockaddr_in *)&r.ifr_addr)->sin_addr, text,
				sizeof(text)));
}

static void set(const char *name, unsigned long cmd, const char *to)
{
	union net_addr a = net_addr(to, 0);
	struct ifreq r = { 0 };

	strcpy(r.ifr_name, name);
	memcpy(&r.ifr_addr, &a.in, sizeof(a.in));
	printf("%s %#lx %s: %s\n", name, cmd, to,
		ioctl(tap_sock(), cmd, &r) ? t_errname(errno) : "0");
	nl_news(news);
}

static void peers(void)
{
	address("a peer", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL,
		(struct give){ .local = "10.33.0.1", .address = "10.33.0.2", .bits = 32 });
	peer("peer");
	dump("its routes", RTM_GETROUTE, AF_INET);
	address("not the peer", RTM_DELADDR, 0,
		(struct give){ .local = "10.33.0.1", .address = "10.33.0.3", .bits = 32 });
	address("gone", RTM_DELADDR, 0,
		(struct give){ .local = "10.33.0.1", .address = "10.33.0.2", .bits = 32 });
	address("a peer in a network", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL,
		(struct give){ .local = "10.34.0.1", .address = "10.35.0.2", .bits = 24 });
	peer("peer");
	address("gone", RTM_DELADDR, 0, (struct give){ .local = "10.34.0.1", .bits = 24 });
	address("a peer of IPv6", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL,
		(struct give){ .local = "2001:db8:33::1",
			.address = "2001:db8:34::2",
			.flags = IFA_F_NODAD,
			.bits = 64 });
	address("gone", RTM_DELADDR, 0, (struct give){ .local = "2001:db8:33::1", .bits = 64 });
	set("tun9", SIOCSIFDSTADDR, "10.36.0.2");
	set("tun9", SIOCSIFADDR, "10.36.0.1");
	peer("no peer yet");
	set("tun9", SIOCSIFDSTADDR, "10.36.0.2");
	peer("peer");
	set("tun9", SIOCSIFDSTADDR, "224.0.0.1");
	set("tun9", SIOCSIFADDR, "0.0.0.0");
	peer("gone");
}

static void labels(void)
{
	struct ifreq r = { .ifr_name = "tun9:1" };

	address("a label", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL,
		(struct give){ .local = "10.37.0.1",
			.address = "10.37.0.1",
			.bits = 24,
			.label = "tun9:x" });
	address("another label", RTM_DELADDR, 0,
		(struct give){ .local = "10.37.0.1", .bits = 24, .label = "tun9:y" });
	address("this label", RTM_DELADDR, 0,
		(struct give){ .local = "10.37.0.1", .bits = 24, .label = "tun9:x" });
	set("tun9:1", SIOCSIFNETMASK, "255.255.255.0");
	set("tun9", SIOCSIFADDR, "10.38.0.1");
	set("tun9:1", SIOCSIFADDR, "10.38.1.1");
	set("tun9:1", SIOCSIFNETMASK, "255.255.255.0");
	T(ioctl(tap_sock(), SIOCGIFADDR, &r));
	T(ioctl(tap_sock(), SIOCGIFMTU, &r));
	r.ifr_flags = 0;
	T(ioctl(tap_sock(), SIOCSIFFLAGS, &r));
	nl_news(news);
	T(ioctl(tap_sock(), SIOCGIFADDR, &r));
	dump("what is left", RTM_GETADDR, AF_INET);
	set("tun9", SIOCSIFADDR, "0.0.0.0");
}

int main(void)
{
	int tap;

	net_start();
	s = nl_socket(NETLINK_ROUTE, 0);
	tap = tap_open("tun9", IFF_TUN);
	nl_dev = "tun9";
	index_ = tap_index("tun9");
	no_link_local(s, "tun9", IN6_ADDR_GEN_MODE_NONE);
	tap_flags("tun9", IFF_UP);
	news = nl_socket(NETLINK_ROUTE,
		RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR);
	renewed();
	ends();
	peers();
	labels();
	close(tap);
	return 0;
}
