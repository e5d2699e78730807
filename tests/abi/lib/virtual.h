// SPDX-License-Identifier: MPL-2.0
// What tests of devices share that programs make (ip link add): requests and what a device tells.
#ifndef TESTS_ABI_LIB_VIRTUAL_H
#define TESTS_ABI_LIB_VIRTUAL_H

#include "netlink.h"
#include "packet.h"
#include <linux/if_bridge.h>
#include <linux/if_vlan.h>
#include <linux/veth.h>

static int vl; // the socket of requests

static void vl_start(void)
{
	net_start();
	vl = nl_socket(NETLINK_ROUTE, 0);
}

/* The error of a request, also shown. */
static int vl_ask(const char *what, struct nl_message *m)
{
	static char buf[32768];
	const struct nlmsghdr *h = (void *)buf;
	const struct nlmsgerr *e = NLMSG_DATA(h);

	m->h.nlmsg_flags |= NLM_F_ACK;
	nl_send(vl, m);
	CHECK(recv(vl, buf, sizeof(buf), 0) > 0 && h->nlmsg_type == NLMSG_ERROR);
	if (what)
		printf("%s: %s\n", what, e->error ? t_errname(-e->error) : "0");
	return -e->error;
}

static struct rtattr *vl_nest(struct nl_message *m, int type)
{
	struct rtattr *a = (struct rtattr *)((char *)m + NLMSG_ALIGN(m->h.nlmsg_len));

	nl_attr(m, type, NULL, 0);
	return a;
}

static void vl_nest_end(struct nl_message *m, struct rtattr *a)
{
	a->rta_len = (char *)m + NLMSG_ALIGN(m->h.nlmsg_len) - (char *)a;
}

/* RTM_NEWLINK that makes a device of a kind; attributes behind it, then vl_kind. */
static struct ifinfomsg *vl_new(struct nl_message *m, const char *name)
{
	struct ifinfomsg *i = nl_new(m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(*i));

	if (name)
		nl_attr(m, IFLA_IFNAME, name, strlen(name) + 1);
	return i;
}

static void vl_kind(struct nl_message *m, const char *kind)
{
	struct rtattr *a = vl_nest(m, IFLA_LINKINFO);

	nl_attr(m, IFLA_INFO_KIND, kind, strlen(kind));
	vl_nest_end(m, a);
}

/* Makes a device without attributes. */
static int vl_make(const char *what, const char *kind, const char *name)
{
	struct nl_message m;

	vl_new(&m, name);
	vl_kind(&m, kind);
	return vl_ask(what, &m);
}

static int vl_make_vlan(const char *what, const char *name, const char *below, int id)
{
	struct nl_message m;
	struct rtattr *a, *b;
	uint16_t vid = id;

	vl_new(&m, name);
	if (below)
		nl_attr_u32(&m, IFLA_LINK, tap_index(below));
	a = vl_nest(&m, IFLA_LINKINFO);
	nl_attr(&m, IFLA_INFO_KIND, "vlan", 4);
	b = vl_nest(&m, IFLA_INFO_DATA);
	nl_attr(&m, IFLA_VLAN_ID, &vid, 2);
	vl_nest_end(&m, b);
	vl_nest_end(&m, a);
	return vl_ask(what, &m);
}

/* A pair, with the names of both. */
static int vl_make_veth(const char *what, const char *one, const char *other)
{
	struct nl_message m;
	struct ifinfomsg i = { 0 };
	struct rtattr *a, *b, *c;

	vl_new(&m, one);
	a = vl_nest(&m, IFLA_LINKINFO);
	nl_attr(&m, IFLA_INFO_KIND, "veth", 4);
	b = vl_nest(&m, IFLA_INFO_DATA);
	c = vl_nest(&m, VETH_INFO_PEER);
	memcpy((char *)c + c->rta_len, &i, sizeof(i));
	m.h.nlmsg_len += sizeof(i);
	if (other)
		nl_attr(&m, IFLA_IFNAME, other, strlen(other) + 1);
	vl_nest_end(&m, c);
	vl_nest_end(&m, b);
	vl_nest_end(&m, a);
	return vl_ask(what, &m);
}

/* A request to change a device that exists. */
static struct ifinfomsg *vl_set(struct nl_message *m, const char *name)
{
	struct ifinfomsg *i = nl_new(m, RTM_NEWLINK, 0, sizeof(*i));

	i->ifi_index = if_nametoindex(name);
	return i;
}

static int vl_up(const char *what, const char *name, bool up)
{
	struct nl_message m;
	struct ifinfomsg *i = vl_set(&m, name);

	i->ifi_change = IFF_UP;
	i->ifi_flags = up ? IFF_UP : 0;
	return vl_ask(what, &m);
}

static int vl_master(const char *what, const char *name, const char *master)
{
	struct nl_message m;

	vl_set(&m, name);
	nl_attr_u32(&m, IFLA_MASTER, master ? if_nametoindex(master) : 0);
	return vl_ask(what, &m);
}

static int vl_number(const char *what, const char *name, int type, uint32_t v)
{
	struct nl_message m;

	vl_set(&m, name);
	nl_attr_u32(&m, type, v);
	return vl_ask(what, &m);
}

static int vl_address(const char *what, const char *name, const char *address)
{
	struct nl_message m;

	vl_set(&m, name);
	nl_attr(&m, IFLA_ADDRESS, address, 6);
	return vl_ask(what, &m);
}

static int vl_del(const char *what, const char *name)
{
	struct nl_message m;
	struct ifinfomsg *i = nl_new(&m, RTM_DELLINK, 0, sizeof(*i));

	nl_attr(&m, IFLA_IFNAME, name, strlen(name) + 1);
	return vl_ask(what, &m);
}

/* No addresses of IPv6: nobody asks for neighbours or routers by the device. */
static void vl_silent(const char *name)
{
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
	fd = open(path, O_WRONLY);
	CHECK(fd >= 0 && write(fd, "1", 1) == 1);
	close(fd);
}

static void vl_put_file(const char *name, const char *file)
{
	char path[100], b[100];
	int fd, n;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", name, file);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, b, sizeof(b));
	if (n > 0)
		printf(" %s %.*s", file, n - (b[n - 1] == '\n'), b);
	else
		printf(" %s %s", file, t_errname(errno));
	close(fd);
}

/* What a link tells of itself. @address: the link address, too, which is not random. */
static void vl_show(const char *name, bool address)
{
	static char buf[32768];
	struct nl_message m;
	struct ifinfomsg *i = nl_new(&m, RTM_GETLINK, 0, sizeof(*i));
	const struct nlmsghdr *h = (void *)buf;
	const struct rtattr *a, *b, *c;
	int n, k, l;
	const uint32_t *x;

	i->ifi_index = if_nametoindex(name);
	nl_send(vl, &m);
	CHECK(recv(vl, buf, sizeof(buf), 0) > 0);
	if (h->nlmsg_type != RTM_NEWLINK) {
		printf("%s: gone\n", name);
		return;
	}
	i = NLMSG_DATA(h);
	a = IFLA_RTA(i);
	n = IFLA_PAYLOAD(h);
	printf("%s: type %d flags %x", name, i->ifi_type, i->ifi_flags);
	nl_put_u32("mtu", a, n, IFLA_MTU);
	nl_put_u32("min", a, n, IFLA_MIN_MTU);
	nl_put_u32("max", a, n, IFLA_MAX_MTU);
	nl_put_u32("txqlen", a, n, IFLA_TXQLEN);
	nl_put_u32("operstate", a, n, IFLA_OPERSTATE);
	nl_put_u32("carrier", a, n, IFLA_CARRIER);
	nl_put_u32("group", a, n, IFLA_GROUP);
	nl_put_u32("promiscuity", a, n, IFLA_PROMISCUITY);
	if (address)
		nl_put_bytes("address", a, n, IFLA_ADDRESS);
	x = nl_find(a, n, IFLA_LINK, &k);
	printf(" link %s", x ? nl_name(*x) : "none");
	x = nl_find(a, n, IFLA_MASTER, &k);
	printf(" master %s", x ? nl_name(*x) : "none");
	b = nl_find(a, n, IFLA_LINKINFO, &k);
	if (b) {
		nl_put_text("kind", b, k, IFLA_INFO_KIND);
		nl_put_text("port of", b, k, IFLA_INFO_SLAVE_KIND);
		c = nl_find(b, k, IFLA_INFO_DATA, &l);
		if (c && nl_find(c, l, IFLA_VLAN_PROTOCOL, &n) && n == 2) {
			const uint16_t *v = nl_find(c, l, IFLA_VLAN_ID, &n);
			printf(" vlan %d", *v);
		}
	}
	vl_put_file(name, "addr_assign_type");
	vl_put_file(name, "name_assign_type");
	vl_put_file(name, "operstate");
	printf("\n");
}

/* Waits until a device is in that state, which Linux computes a little later. */
static void vl_settle(const char *name, const char *state)
{
	struct nl_message m;
	char path[100], b[40];

	snprintf(path, sizeof(path), "/sys/class/net/%s/operstate", name);
	CHECK(UNTIL(({
		int fd = open(path, O_RDONLY), n = read(fd, b, sizeof(b));
		close(fd);
		n > 0 && !strncmp(b, state, n - 1) && !state[n - 1];
	})));
	/* What Linux does with the state is done when a request is answered. */
	vl_set(&m, name);
	CHECK(vl_ask(NULL, &m) == 0);
}

/* A device with a known address, without IPv6, that is up. */
static void vl_ready(const char *name, const char *address)
{
	vl_silent(name);
	CHECK(vl_address(NULL, name, address) == 0 && vl_up(NULL, name, true) == 0);
}

/* Sends a frame by a device. */
static void vl_send(const char *what, const char *dev, const char *to, const char *from, int n)
{
	struct sockaddr_ll a = pk_addr(dev, PK_TYPE);
	unsigned char b[4096];
	int s = socket(AF_PACKET, SOCK_RAW, 0);
	int len = pk_frame(b, to, from, PK_TYPE, n);

	CHECK(s >= 0);
	net_result(what, sendto(s, b, len, 0, (struct sockaddr *)&a, sizeof(a)));
	close(s);
}

/* Waits for a frame, and shows it; a frame is on its way. */
static void vl_recv(const char *what, int s)
{
	struct pollfd p = { s, POLLIN, 0 };

	if (poll(&p, 1, 10000) != 1)
		printf("%s: nothing came\n", what);
	else
		pk_recv(what, s, 64, 0, true);
}

#endif
