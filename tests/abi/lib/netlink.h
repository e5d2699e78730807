// SPDX-License-Identifier: MPL-2.0
// What tests of AF_NETLINK share: requests are built and sent, answers are shown without what
// differs between machines (indexes, numbers of statistics).
#ifndef TESTS_ABI_LIB_NETLINK_H
#define TESTS_ABI_LIB_NETLINK_H

#include "net.h"
#include <linux/fib_rules.h>
#include <linux/genetlink.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

struct nl_message {
	struct nlmsghdr h;
	char body[1024];
};

static unsigned nl_seq = 100;

static int nl_socket(int protocol, unsigned groups)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK, .nl_groups = groups };
	int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	struct timeval tv = { .tv_sec = 10 };

	CHECK(s >= 0);
	CHECK(bind(s, (struct sockaddr *)&a, sizeof(a)) == 0);
	CHECK(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
	return s;
}

static void *nl_new(struct nl_message *m, int type, int flags, size_t head)
{
	memset(m, 0, sizeof(*m));
	m->h.nlmsg_type = type;
	m->h.nlmsg_flags = NLM_F_REQUEST | flags;
	m->h.nlmsg_seq = ++nl_seq;
	m->h.nlmsg_len = NLMSG_LENGTH(head);
	return NLMSG_DATA(&m->h);
}

static void nl_attr(struct nl_message *m, int type, const void *data, size_t n)
{
	struct rtattr *a = (struct rtattr *)((char *)m + NLMSG_ALIGN(m->h.nlmsg_len));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(n);
	memcpy(RTA_DATA(a), data, n);
	m->h.nlmsg_len = NLMSG_ALIGN(m->h.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

static void nl_attr_u32(struct nl_message *m, int type, uint32_t v)
{
	nl_attr(m, type, &v, 4);
}

static void nl_attr_addr(struct nl_message *m, int type, const char *text)
{
	union net_addr a = net_addr(text, 0);

	if (a.any.sa_family == AF_INET)
		nl_attr(m, type, &a.in.sin_addr, 4);
	else
		nl_attr(m, type, &a.in6.sin6_addr, 16);
}

static void nl_send(int s, struct nl_message *m)
{
	CHECK(send(s, m, m->h.nlmsg_len, 0) == (ssize_t)m->h.nlmsg_len);
}

/* ---- showing ---- */

static const char *nl_dev; // messages about other devices are skipped
static const void *nl_find(const struct rtattr *a, int len, int type, int *n)
{
	const void *found = NULL;

	for (; RTA_OK(a, len); a = RTA_NEXT(a, len))
		if ((a->rta_type & 0x3fff) == type) {
			found = RTA_DATA(a);
			*n = RTA_PAYLOAD(a);
		}
	return found;
}

static void nl_put_u32(const char *name, const struct rtattr *a, int len, int type)
{
	int n = 0;
	const void *p = nl_find(a, len, type, &n);

	if (p && n == 4)
		printf(" %s %u", name, *(const uint32_t *)p);
	else if (p && n == 1)
		printf(" %s %u", name, *(const uint8_t *)p);
	else if (p)
		printf(" %s of %d bytes", name, n);
}

static void nl_put_text(const char *name, const struct rtattr *a, int len, int type)
{
	int n = 0;
	const char *p = nl_find(a, len, type, &n);

	if (p)
		printf(" %s %.*s", name, n, p);
}

static void nl_put_addr(const char *name, const struct rtattr *a, int len, int type)
{
	char text[64];
	int n = 0;
	const void *p = nl_find(a, len, type, &n);

	if (p)
		printf(" %s %s", name,
			inet_ntop(n == 4 ? AF_INET : AF_INET6, p, text, sizeof(text)));
}

static void nl_put_bytes(const char *name, const struct rtattr *a, int len, int type)
{
	int n = 0;
	const unsigned char *p = nl_find(a, len, type, &n);

	if (!p)
		return;
	printf(" %s ", name);
	for (int i = 0; i < n; i++)
		printf("%02x", p[i]);
}

static const char *nl_name(unsigned index)
{
	static char name[IF_NAMESIZE];

	return index ? if_indextoname(index, name) ? name : "gone" : "none";
}

static bool nl_other(unsigned index)
{
	return nl_dev && strcmp(nl_dev, nl_name(index)) && strcmp("gone", nl_name(index));
}

static void nl_link(const struct nlmsghdr *h)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	const struct rtattr *a = IFLA_RTA(m);
	int len = IFLA_PAYLOAD(h), n;

	if (nl_other(m->ifi_index))
		return;
	printf("%s family %d type %d flags %#x", h->nlmsg_type == RTM_NEWLINK ? "link" : "no link",
		m->ifi_family, m->ifi_type, m->ifi_flags);
	nl_put_text("name", a, len, IFLA_IFNAME);
	nl_put_u32("mtu", a, len, IFLA_MTU);
	if (m->ifi_type != ARPHRD_LOOPBACK) // Keel refuses very small ones of lo
		nl_put_u32("from", a, len, IFLA_MIN_MTU);
	nl_put_u32("to", a, len, IFLA_MAX_MTU);
	nl_put_u32("txqlen", a, len, IFLA_TXQLEN);
	nl_put_u32("operstate", a, len, IFLA_OPERSTATE);
	nl_put_u32("linkmode", a, len, IFLA_LINKMODE);
	nl_put_u32("carrier", a, len, IFLA_CARRIER);
	nl_put_u32("group", a, len, IFLA_GROUP);
	nl_put_u32("promiscuity", a, len, IFLA_PROMISCUITY);
	nl_put_u32("allmulti", a, len, 61); // IFLA_ALLMULTI
	nl_put_text("alias", a, len, IFLA_IFALIAS);
	nl_put_bytes("address", a, len, IFLA_ADDRESS);
	nl_put_bytes("broadcast", a, len, IFLA_BROADCAST);
	printf("%s%s%s\n", nl_find(a, len, IFLA_STATS, &n) ? " stats" : "",
		nl_find(a, len, IFLA_STATS64, &n) ? " stats64" : "",
		nl_find(a, len, IFLA_MAP, &n) ? " map" : "");
}

static void nl_address(const struct nlmsghdr *h)
{
	const struct ifaddrmsg *m = NLMSG_DATA(h);
	const struct rtattr *a = IFA_RTA(m);
	int len = IFA_PAYLOAD(h), n = 0;
	const struct ifa_cacheinfo *c = nl_find(a, len, IFA_CACHEINFO, &n);

	if (nl_other(m->ifa_index))
		return;
	printf("%s family %d prefix %d scope %d",
		h->nlmsg_type == RTM_NEWADDR ? "address" : "no address", m->ifa_family,
		m->ifa_prefixlen, m->ifa_scope);
	nl_put_addr("address", a, len, IFA_ADDRESS);
	nl_put_addr("local", a, len, IFA_LOCAL);
	nl_put_addr("broadcast", a, len, IFA_BROADCAST);
	nl_put_text("label", a, len, IFA_LABEL);
	nl_put_u32("flags", a, len, IFA_FLAGS);
	nl_put_u32("proto", a, len, 11); // IFA_PROTO
	if (c && n == sizeof(*c))
		printf(" for ever %d %d", c->ifa_prefered == ~0u, c->ifa_valid == ~0u);
	printf("\n");
}

static void nl_route(const struct nlmsghdr *h)
{
	const struct rtmsg *m = NLMSG_DATA(h);
	const struct rtattr *a = RTM_RTA(m);
	int len = RTM_PAYLOAD(h), n = 0;
	const uint32_t *oif = nl_find(a, len, RTA_OIF, &n);

	if (nl_dev && (!oif || nl_other(*oif)))
		return;
	printf("%s family %d bits %d tos %d protocol %d scope %d type %d flags %#x",
		h->nlmsg_type == RTM_NEWROUTE ? "route" : "no route", m->rtm_family, m->rtm_dst_len,
		m->rtm_tos, m->rtm_protocol, m->rtm_scope, m->rtm_type, m->rtm_flags);
	nl_put_u32("table", a, len, RTA_TABLE);
	nl_put_addr("to", a, len, RTA_DST);
	nl_put_u32("metric", a, len, RTA_PRIORITY);
	nl_put_addr("from", a, len, RTA_PREFSRC);
	nl_put_addr("via", a, len, RTA_GATEWAY);
	if (oif)
		printf(" dev %s", nl_name(*oif));
	nl_put_bytes("metrics", a, len, RTA_METRICS);
	printf("\n");
}

static void nl_rule(const struct nlmsghdr *h)
{
	const struct fib_rule_hdr *m = NLMSG_DATA(h);
	const struct rtattr *a = (void *)((char *)m + NLMSG_ALIGN(sizeof(*m)));
	int len = NLMSG_PAYLOAD(h, sizeof(*m));

	printf("%s family %d table %d action %d flags %#x tos %#x",
		h->nlmsg_type == RTM_NEWRULE ? "rule" : "no rule", m->family, m->table, m->action,
		m->flags, m->tos);
	nl_put_u32("table", a, len, FRA_TABLE);
	nl_put_u32("priority", a, len, FRA_PRIORITY);
	nl_put_u32("mark", a, len, FRA_FWMARK);
	nl_put_u32("mask", a, len, FRA_FWMASK);
	nl_put_u32("suppress", a, len, FRA_SUPPRESS_PREFIXLEN);
	nl_put_text("iif", a, len, FRA_IIFNAME);
	nl_put_text("oif", a, len, FRA_OIFNAME);
	if (m->src_len)
		nl_put_addr("from", a, len, FRA_SRC);
	if (m->dst_len)
		nl_put_addr("to", a, len, FRA_DST);
	printf(" bits %d %d", m->src_len, m->dst_len);
	nl_put_u32("protocol", a, len, FRA_PROTOCOL);
	printf("\n");
}

/* One message. Returns whether it ends an answer. */
static bool nl_show(const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = NLMSG_DATA(h);

	switch (h->nlmsg_type) {
	case NLMSG_ERROR:
		printf("error %s\n", t_errname(-e->error));
		return true;
	case NLMSG_DONE:
		printf("done\n");
		return true;
	case RTM_NEWLINK:
	case RTM_DELLINK:
		nl_link(h);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		nl_address(h);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		nl_route(h);
		break;
	case RTM_NEWRULE:
	case RTM_DELRULE:
		nl_rule(h);
		break;
	default:
		printf("message of type %d\n", h->nlmsg_type);
	}
	return !(h->nlmsg_flags & NLM_F_MULTI);
}

/* Receives and shows until an answer ends. */
static void nl_answer(int s)
{
	static char buf[32768];
	bool end = false;

	while (!end) {
		ssize_t n = recv(s, buf, sizeof(buf), 0);
		if (n < 0) {
			printf("recv: %s\n", t_errname(errno));
			return;
		}
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n))
			end = nl_show(h);
	}
}

static void nl_ask(const char *what, int s, struct nl_message *m)
{
	printf("%s:\n", what);
	nl_send(s, m);
	nl_answer(s);
}

/* Chooses how IPv6 makes link-local addresses; NONE: not at all. */
__attribute__((unused)) static void no_link_local(int s, const char *name, uint8_t mode)
{
	struct nl_message m;
	struct ifinfomsg *i = nl_new(&m, RTM_SETLINK, NLM_F_ACK, sizeof(*i));
	struct {
		struct rtattr six, mode;
		uint8_t value[4];
	} spec = { { 12, AF_INET6 }, { 5, IFLA_INET6_ADDR_GEN_MODE }, { mode } };

	i->ifi_index = if_nametoindex(name);
	nl_attr(&m, IFLA_AF_SPEC, &spec, sizeof(spec));
	nl_ask("link-local addresses", s, &m);
}

/* What a group was told so far. */
static void nl_news(int s)
{
	static char buf[32768];
	ssize_t n;

	while ((n = recv(s, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			/* By the port and the number a program knows what it has done itself. */
			printf("news%s: ",
				h->nlmsg_pid && h->nlmsg_seq           ? " of a request"
					: h->nlmsg_pid || h->nlmsg_seq ? " of something"
								       : "");
			nl_show(h);
		}
}

#endif
