// SPDX-License-Identifier: MPL-2.0
/*
 * Addresses in NETLINK_ROUTE, as `ip address` shows and changes them.
 *
 * The two ends of a link. IFA_LOCAL is the own address and IFA_ADDRESS that of the other end; they
 * are equal on all but point-to-point links. The families differ in which one may be left out
 * (parse_ends), and in which one is sent when there is no other end (put_address).
 *
 * A dump walks the devices twice if no family is given: first all addresses of IPv4, then those of
 * IPv6, as on Linux. at[0] is the last device that is complete, at[1] the number of the next
 * address in the device behind it. An address that is removed in between may let one other be
 * skipped.
 *
 * An address that exists is EEXIST, unless NLM_F_REPLACE asks for a renewal. With the same prefix
 * and peer the object stays, with new lifetimes and flags, and connections that use it notice
 * nothing. Otherwise it is removed and added. A second address in an IPv4 prefix is marked as
 * secondary.
 */
#include <frame/time.h>
#include <kernel/text.h>
#include <uapi/if.h>

#include "../inet/addr.h"
#include "netlink.h"

#define FOR_EVER (~0u)

/* Seconds until a moment; 0 and NO_DEADLINE (a router's "for ever") as the moment: for ever. */
static u32 seconds_until(u64 ns, u64 now)
{
	if (!ns || ns == NO_DEADLINE)
		return FOR_EVER;
	return ns > now ? (u32)min((ns - now) / NSEC_PER_SEC, (u64)FOR_EVER - 1) : 0;
}

#define label_of(d, a)                                                   \
	((a)->label[0] ? cspan_first(cspan_of((a)->label), IFNAMSIZ - 1) \
		       : cspan_first(cspan_of((d)->name), IFNAMSIZ - 1))

/* The scope of an address of IPv6 follows from the address, whatever a program says. */
static u8 address_scope6(struct ip_addr a)
{
	if (ip_is_loopback(a))
		return SCOPE_HOST;
	if (ip_is_link_local(a))
		return SCOPE_LINK;
	return ip_is_site_local(a) ? SCOPE_SITE : SCOPE_UNIVERSE;
}

/*
 * What Linux tells of an address that a router's advertisement has made: it could be the pattern of
 * temporary ones. That the route of its prefix does not come and go with it is a matter of ours.
 */
static u32 told_flags(const struct inet_addr *a)
{
	u32 flags = load_once(a->flags);

	return a->proto == ADDR_BY_ROUTER ? (flags & ~(u32)ADDR_NOPREFIX) | ADDR_MAKES_TEMPORARY
					  : flags;
}

/* One message is what a dump, an answer and the news of a change have; only its header differs. */
static bool address_dump_one(struct nl_writer *w, const struct netdev *d, const struct inet_addr *a,
	const struct nlmsghdr *h)
{
	bool is4 = ip_is4(a->addr);
	u64 now = time_mono_ns();
	struct ifaddrmsg m = { .family = is4 ? AF_INET : AF_INET6,
		.prefixlen = (u8)(is4 ? a->bits - IP4_BITS : a->bits),
		.flags = (u8)a->flags,
		.scope = is4 ? a->scope : address_scope6(a->addr),
		.index = d->index };
	struct ifa_cacheinfo c = { .preferred = seconds_until(a->preferred_until_ns, now),
		.valid = seconds_until(a->valid_until_ns, now) };
	u32 at = nl_begin(w, h, value_cspan(&m));

	if (is4) {
		nl_put_addr(w, IFA_ADDRESS, ip_is_zero(a->peer) ? a->addr : a->peer);
		nl_put_addr(w, IFA_LOCAL, a->addr);
		if (!ip_is_zero(a->broadcast))
			nl_put_addr(w, IFA_BROADCAST, a->broadcast);
		nl_put_text(w, IFA_LABEL,
			cspan_first(label_of(d, a), cspan_strlen(label_of(d, a))));
		if (a->proto)
			nl_put_u8(w, IFA_PROTO, a->proto);
		nl_put_u32(w, IFA_FLAGS, told_flags(a));
		if (a->metric)
			nl_put_u32(w, IFA_RT_PRIORITY, a->metric);
		nl_put(w, IFA_CACHEINFO, value_cspan(&c));
	} else {
		if (!ip_is_zero(a->peer))
			nl_put_addr(w, IFA_LOCAL, a->addr);
		nl_put_addr(w, IFA_ADDRESS, ip_is_zero(a->peer) ? a->addr : a->peer);
		if (a->metric)
			nl_put_u32(w, IFA_RT_PRIORITY, a->metric);
		nl_put(w, IFA_CACHEINFO, value_cspan(&c));
		nl_put_u32(w, IFA_FLAGS, told_flags(a));
		if (a->proto)
			nl_put_u8(w, IFA_PROTO, a->proto);
	}
	return nl_end(w, at);
}

/*
 * net_config held, so the news of several changes come in their order. Without listeners nothing is
 * written. If there is no memory, the news are lost; listeners are not told of that.
 */
void address_changed(struct netdev *d, const struct inet_addr *a, bool gone)
{
	/* Linux names the requester of changes of IPv4 alone. */
	struct nlmsghdr h = nl_news(gone ? RTM_DELADDR : RTM_NEWADDR,
		ip_is4(a->addr) ? &address_kind : NULL);
	u32 group = ip_is4(a->addr) ? RTNLGRP_IPV4_IFADDR : RTNLGRP_IPV6_IFADDR;
	struct nl_writer w;

	if (!nl_has_listeners(NETLINK_ROUTE, group))
		return;
	w = nl_writer_new(256);
	if (address_dump_one(&w, d, a, &h))
		nl_multicast(NETLINK_ROUTE, group, &w);
	nl_writer_end(&w);
}

/*
 * The addresses of one device from the n-th on, those of IPv4 or those of IPv6. False: no room.
 * addr_after keeps the place by the address that was shown last, under net_config, so the list does
 * not change in this call.
 */
static bool address_dump_device(struct nl_writer *w, struct netdev *dev, const struct nlmsghdr *h,
	bool is4, u32 *n)
{
	struct inet_addr *a, *last = NULL;
	bool fits = true;

	while (fits && (a = addr_after(dev, last, *n)) != NULL) {
		if (ip_is4(a->addr) == is4)
			fits = address_dump_one(w, dev, a, h);
		if (fits)
			++*n;
		obj_put(&last);
		last = a;
	}
	obj_put(&last);
	return fits;
}

/* at[0]: the devices up to this one are done; at[1]: the next address; bit 32: those of IPv6. */
#define DUMP_IP6 (1ul << 32)

static bool address_dump(struct nl_dump *d, struct nl_writer *w)
{
	struct nlmsghdr h = nl_reply(&d->rq, RTM_NEWADDR, NLM_F_MULTI);
	struct netdev *dev;
	bool fits = true;
	u32 n = (u32)d->at[1];

	if (d->want.family == AF_INET6)
		d->at[1] |= DUMP_IP6;
	while (fits) {
		bool is4 = !(d->at[1] & DUMP_IP6);

		dev = netdev_next((u32)d->at[0]);
		if (!dev && (!is4 || d->want.family == AF_INET))
			return true;
		if (!dev) { /* again, with IPv6 */
			d->at[0] = 0;
			d->at[1] = DUMP_IP6;
			continue;
		}
		if (!d->want.ifindex || d->want.ifindex == dev->index)
			fits = address_dump_device(w, dev, &h, is4, &n);
		if (fits) {
			d->at[0] = dev->index;
			n = 0;
		}
		d->at[1] = (d->at[1] & DUMP_IP6) | n;
		obj_put(&dev);
	}
	return false;
}
static const struct nl_dumper address_dumper = { .next = address_dump };

/* A strict request names the device in the fixed part. */
static void address_select(const struct nl_request *rq, bool strict, struct nl_filter *out)
{
	struct ifaddrmsg m;

	if (strict && span_read(nl_span(nl_payload(rq)), 0, &m))
		out->ifindex = m.index;
}

/* ---- changes ---- */

/* What is understood; namespaces do not exist. */
#define KNOWN                                                                      \
	(bit(IFA_ADDRESS) | bit(IFA_LOCAL) | bit(IFA_LABEL) | bit(IFA_BROADCAST) | \
		bit(IFA_CACHEINFO) | bit(IFA_FLAGS) | bit(IFA_PROTO) | bit(IFA_RT_PRIORITY))

/*
 * The own address and the other end's: IFA_LOCAL, and IFA_ADDRESS if it is another one. Without
 * IFA_LOCAL the only one is the own (IPv6, and to delete). 0 or -EINVAL.
 */
static int parse_ends(struct nl_range attrs, u32 family, bool del, struct inet_addr *a)
{
	int local = nl_get_addr(attrs, IFA_LOCAL, family, &a->addr);
	int other = nl_get_addr(attrs, IFA_ADDRESS, family, &a->peer);

	if (local < 0 || other < 0)
		return -EINVAL;
	if (!local && other && (family == AF_INET6 || del)) {
		a->addr = a->peer;
		local = 1;
	}
	if (ip_equal(a->addr, a->peer))
		a->peer = (struct ip_addr){ 0 };
	return local ? 0 : -EINVAL;
}

/*
 * The device and the address that a request is about: references, which the caller puts, also those
 * that it got before a failure. 0 or -errno.
 */
static int address_parse(const struct nl_request *rq, struct netdev **d, struct inet_addr **out)
{
	struct nl_range attrs = nl_attrs(rq, sizeof(struct ifaddrmsg));
	struct inet_addr *const a = obj_new(inet_addr);
	struct nl_range label = { 0 }, proto = { 0 };
	struct ifaddrmsg m;
	int err;

	*out = a;
	if (!a)
		return -ENOMEM;
	if (!span_read(nl_span(nl_payload(rq)), 0, &m))
		return -EINVAL;
	if (m.family != AF_INET && m.family != AF_INET6)
		return -EAFNOSUPPORT;
	if (m.prefixlen > (m.family == AF_INET ? 32 : 128))
		return -EINVAL;
	if (nl_has_unknown(attrs, KNOWN) ||
		(nl_get_u32(attrs, IFA_FLAGS, m.flags) & (IFA_F_HOMEADDRESS | IFA_F_MCAUTOJOIN)))
		return -EOPNOTSUPP;
	err = parse_ends(attrs, m.family, rq->h.type == RTM_DELADDR, a);
	if (err)
		return err;
	a->bits = m.prefixlen + (m.family == AF_INET ? IP4_BITS : 0);
	a->scope = m.scope;
	a->metric = nl_get_u32(attrs, IFA_RT_PRIORITY, 0);
	if (nl_get(attrs, IFA_PROTO, &proto) && !span_read(nl_span(proto), 0, &a->proto))
		return -EINVAL;
	a->flags = nl_get_u32(attrs, IFA_FLAGS, m.flags) &
		(ADDR_NODAD | ADDR_DEPRECATED | ADDR_NOPREFIX);
	if (m.family == AF_INET && nl_get_addr(attrs, IFA_BROADCAST, AF_INET, &a->broadcast) < 0)
		return -EINVAL;
	if (m.family == AF_INET && nl_get(attrs, IFA_LABEL, &label))
		span_copy(span_first(span_of(a->label), IFNAMSIZ - 1),
			cspan_first(nl_span(label), cspan_strlen(nl_span(label))));
	*d = netdev_by_index(m.index);
	return *d ? 0 : -ENODEV;
}

/* Lifetimes in seconds: 0 or -EINVAL. */
static int set_lifetimes(struct nl_range attrs, struct inet_addr *a)
{
	struct ifa_cacheinfo c = { .preferred = FOR_EVER, .valid = FOR_EVER };
	struct nl_range v = { 0 };
	u64 now = time_mono_ns();

	if (nl_get(attrs, IFA_CACHEINFO, &v) && !span_read(nl_span(v), 0, &c))
		return -EINVAL;
	if (!c.valid || c.preferred > c.valid)
		return -EINVAL;
	if (c.valid == FOR_EVER)
		a->flags |= ADDR_PERMANENT;
	else
		a->valid_until_ns = now + c.valid * NSEC_PER_SEC;
	if (c.preferred != FOR_EVER)
		a->preferred_until_ns = now + c.preferred * NSEC_PER_SEC;
	if (!c.preferred)
		a->flags |= ADDR_DEPRECATED;
	return 0;
}

/* Whether the device has an address of the same IPv4 prefix: then this one is secondary. */
static bool is_secondary(struct netdev *d, const struct inet_addr *a)
{
	struct inet_addr *other, *last = NULL;
	bool found = false;

	while (!found && (other = addr_after(d, last, 0)) != NULL) {
		found = ip_is4(other->addr) && other->bits == a->bits &&
			ip_match(other->addr, a->addr, a->bits);
		obj_put(&last);
		last = other;
	}
	obj_put(&last);
	return found;
}

/*
 * The address exists: NLM_F_REPLACE renews it in place, so nobody who uses it notices. Only one with
 * another prefix, metric or peer goes, and comes as the new one.
 */
static int address_replace(struct netdev *d, struct inet_addr *old, struct inet_addr *a, u32 flags)
{
	if (!(flags & NLM_F_REPLACE) || (flags & NLM_F_EXCL))
		return -EEXIST;
	if (old->bits != a->bits || old->metric != a->metric || !ip_equal(old->peer, a->peer))
		return addr_remove(d, a->addr);
	addr_renew(d, old, a);
	return 1;
}

static int address_set(const struct nl_request *rq)
{
	struct inet_addr *a = NULL, *old = NULL;
	struct netdev *d = NULL;
	int err = address_parse(rq, &d, &a);

	if (!err)
		err = set_lifetimes(nl_attrs(rq, sizeof(struct ifaddrmsg)), a);
	if (!err && addr_inet(d))
		old = addr_get(addr_inet(d), a->addr);
	if (old)
		err = address_replace(d, old, a, rq->h.flags);
	if (!err && ip_is4(a->addr) && is_secondary(d, a))
		a->flags |= ADDR_SECONDARY;
	if (!err)
		err = addr_add(d, a);
	obj_put(&old);
	obj_put(&d);
	obj_put(&a);
	return min(err, 0);
}

/* Of IPv4 the label, and the prefix of the other end, must be those that are asked for, if any. */
static bool is_meant(const struct netdev *d, const struct inet_addr *is, const struct inet_addr *a)
{
	if (!ip_is4(a->addr))
		return true;
	if (a->label[0] &&
		!cspan_equal(cspan_first(label_of(d, is), cspan_strlen(label_of(d, is))),
			text_in(a->label)))
		return false;
	return ip_is_zero(a->peer) ||
		(a->bits == is->bits &&
			ip_match(a->peer, ip_is_zero(is->peer) ? is->addr : is->peer, a->bits));
}

static int address_del(const struct nl_request *rq)
{
	struct inet_addr *a = NULL, *old = NULL;
	struct netdev *d = NULL;
	int err = address_parse(rq, &d, &a);

	if (!err && addr_inet(d))
		old = addr_get(addr_inet(d), a->addr);
	if (!err)
		err = old && is_meant(d, old, a) ? addr_remove(d, a->addr) : -EADDRNOTAVAIL;
	obj_put(&old);
	obj_put(&d);
	obj_put(&a);
	return err;
}

const struct route_kind_ops address_kind = { .head = sizeof(struct ifaddrmsg),
	.select = address_select,
	.set = address_set,
	.del = address_del,
	.dump = &address_dumper };
