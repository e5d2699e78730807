// SPDX-License-Identifier: MPL-2.0
// /proc/sys/net/ipv{4,6}/conf: directories come and go with devices and follow their names; first
// values, limits, and what disable_ipv6, hop_limit, mtu and rp_filter do.
#include "../lib/netlink.h"
#include "../lib/tap.h"

#define NET "/proc/sys/net/"

static void show(const char *name)
{
	char path[128], b[512] = "";
	struct stat st = { 0 };
	int fd, n;

	snprintf(path, sizeof(path), NET "%s", name);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, b, sizeof(b) - 1);
	stat(path, &st);
	printf("%s %06o: %s", name, st.st_mode, n < 0 ? t_errname(errno) : b);
	if (n <= 0)
		printf("\n");
	close(fd);
}

static void put(const char *name, const char *text)
{
	char path[128];
	int fd, n, e;

	snprintf(path, sizeof(path), NET "%s", name);
	fd = open(path, O_WRONLY);
	n = fd < 0 ? -1 : write(fd, text, strlen(text));
	e = errno;
	close(fd);
	printf("'%s' to ", text);
	if (n < 0)
		printf("(%s) ", t_errname(e));
	show(name);
}

static void show_both(const char *dev)
{
	static const char *const files4[] = { "accept_local", "arp_accept", "arp_filter",
		"arp_ignore", "arp_notify", "bootp_relay", "forwarding", "log_martians",
		"mc_forwarding", "proxy_arp", "route_localnet", "rp_filter" };
	static const char *const files6[] = { "accept_dad", "accept_ra", "accept_ra_defrtr",
		"accept_ra_from_local", "accept_ra_mtu", "accept_ra_pinfo",
		"accept_ra_rt_info_max_plen", "accept_source_route", "autoconf", "dad_transmits",
		"disable_ipv6", "forwarding", "hop_limit", "keep_addr_on_down", "max_addresses",
		"mc_forwarding", "mtu", "ndisc_notify", "optimistic_dad", "proxy_ndp" };
	char path[64];

	for (size_t i = 0; i < T_LEN(files4); i++) {
		snprintf(path, sizeof(path), "ipv4/conf/%s/%s", dev, files4[i]);
		show(path);
	}
	for (size_t i = 0; i < T_LEN(files6); i++) {
		snprintf(path, sizeof(path), "ipv6/conf/%s/%s", dev, files6[i]);
		show(path);
	}
}

static bool has_address(const char *text)
{
	char line[128];
	FILE *f = fopen("/proc/net/if_inet6", "r");
	bool found = false;

	while (fgets(line, sizeof(line), f))
		found |= !strncmp(line, text, 32);
	fclose(f);
	return found;
}

static void add6(const char *dev, const char *address)
{
	struct nl_message m;
	static int s = -1;
	struct ifaddrmsg *a = nl_new(&m, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE, sizeof(*a));

	if (s < 0)
		s = nl_socket(NETLINK_ROUTE, 0);
	a->ifa_family = AF_INET6;
	a->ifa_prefixlen = 64;
	a->ifa_flags = IFA_F_NODAD;
	a->ifa_index = tap_index(dev);
	nl_attr_addr(&m, IFA_LOCAL, address);
	nl_ask("add an address", s, &m);
}

static int send6(const char *to)
{
	union net_addr a = net_addr(to, 9);
	int s = socket(AF_INET6, SOCK_DGRAM, 0), r;

	r = sendto(s, "x", 1, 0, &a.any, sizeof(a.in6)) < 0 ? errno : 0;
	close(s);
	return r;
}

static bool is_probe(const struct tap_packet *p)
{
	return p->b[0] >> 4 == 6 && p->b[6] == IPPROTO_UDP;
}

static void hops(int tun)
{
	struct tap_packet p = { 0 };

	CHECK(send6("2001:db8:5::2") == 0);
	IS(tap_read(tun, &p, is_probe));
	SHOW(p.b[7]);
}

#define OURS "20010db8000500000000000000000001"

static void disable(int tun)
{
	add6("t0", "2001:db8:5::1");
	IS(has_address(OURS));
	hops(tun);
	put("ipv6/conf/t0/hop_limit", "17");
	hops(tun);
	put("ipv6/conf/t0/hop_limit", "0");
	put("ipv6/conf/t0/hop_limit", "256");
	put("ipv6/conf/t0/mtu", "1279");
	put("ipv6/conf/t0/mtu", "1501");
	put("ipv6/conf/t0/mtu", "1400");
	put("ipv6/conf/t0/mtu", "1500");
	put("ipv6/conf/t0/disable_ipv6", "1");
	IS(has_address(OURS));
	IS(send6("2001:db8:5::2") == 0);
	add6("t0", "2001:db8:5::1");
	put("ipv6/conf/t0/disable_ipv6", "0");
	IS(has_address(OURS));
	add6("t0", "2001:db8:5::1");
	hops(tun);
	put("ipv6/conf/all/disable_ipv6", "1");
	show("ipv6/conf/t0/disable_ipv6");
	show("ipv6/conf/default/disable_ipv6");
	IS(has_address(OURS));
	IS(has_address("00000000000000000000000000000001"));
	IS(send6("::1") == 0);
	put("ipv6/conf/all/disable_ipv6", "0");
	show("ipv6/conf/t0/disable_ipv6");
	IS(has_address("00000000000000000000000000000001"));
	SHOW(send6("::1"));
	put("ipv6/conf/t0/accept_ra", "x");
	put("ipv6/conf/t0/accept_ra", "0");
	put("ipv6/conf/default/accept_ra", "2");
}

/* A packet from @from comes by the device: whether it gets to its socket. */
static bool arrives(int tun, const char *from, int s)
{
	struct tap_packet p = { 0 };
	char b[16];

	tap_ip4(&p, from, "10.9.0.1", IPPROTO_UDP, 12, 1, 0);
	tap_udp(&p, 9, 7100, 4);
	tap_add(&p, "data", 4);
	CHECK(tap_write(tun, &p) > 0);
	return recv(s, b, sizeof(b), MSG_DONTWAIT) == 4;
}

static void reverse_path(int tun)
{
	int s = net_bound("0.0.0.0", 7100), other;

	other = tap_open("t2", IFF_TUN);
	tap_up("t2", "10.8.0.1");
	for (int i = 0; i < 3; i++) {
		char text[2] = { '0' + i, 0 };
		put("ipv4/conf/t0/rp_filter", text);
		printf("on link %d, of another link %d, of nobody %d\n",
			arrives(tun, "10.9.0.2", s), arrives(tun, "10.8.0.2", s),
			arrives(tun, "10.7.0.2", s));
	}
	put("ipv4/conf/t0/rp_filter", "0");
	put("ipv4/conf/all/rp_filter", "1");
	printf("on link %d, of another link %d\n", arrives(tun, "10.9.0.2", s),
		arrives(tun, "10.8.0.2", s));
	put("ipv4/conf/all/rp_filter", "0");
	close(other);
	close(s);
}

static void names(int tun)
{
	struct ifreq r = { 0 };
	int old = open(NET "ipv6/conf/t0/accept_ra", O_RDONLY);
	char b[16];

	show("ipv6/conf/t0/accept_ra");
	tap_flags("t0", 0);
	strcpy(r.ifr_name, "t0");
	CHECK(ioctl(tap_sock(), SIOCGIFFLAGS, &r) == 0);
	r.ifr_flags &= ~IFF_UP;
	CHECK(ioctl(tap_sock(), SIOCSIFFLAGS, &r) == 0);
	strcpy(r.ifr_newname, "t1");
	T(ioctl(tap_sock(), SIOCSIFNAME, &r));
	show("ipv6/conf/t0/accept_ra");
	show("ipv6/conf/t1/accept_ra");
	show("ipv4/conf/t1/rp_filter");
	IS(pread(old, b, sizeof(b), 0) == -1);
	close(old);
	close(tun);
	CHECK(UNTIL(access(NET "ipv6/conf/t1", F_OK)));
	show("ipv4/conf/t1/rp_filter");
	show("ipv4/conf/nosuch/rp_filter");
}

int main(void)
{
	int tun, second;

	net_start();
	tun = tap_open("t0", IFF_TUN);
	tap_up("t0", "10.9.0.1");
	show_both("all");
	show_both("default");
	show_both("lo");
	show_both("t0");
	disable(tun);
	second = tap_open("t3", IFF_TUN); // it has what is set by default
	show("ipv6/conf/t3/accept_ra");
	put("ipv6/conf/default/accept_ra", "1");
	close(second);
	reverse_path(tun);
	names(tun);
	return 0;
}
