// SPDX-License-Identifier: MPL-2.0
/*
 * Rules in NETLINK_ROUTE, as `ip rule` shows and changes them.
 *
 * A rule selects by the packet's addresses, its type of service, its mark (SO_MARK), and the device
 * by which it came or is to leave. What this kernel does not select by (realms, tunnels, l3mdev,
 * users, ports, groups of devices, jumps to other rules) is refused with EOPNOTSUPP: a rule that
 * matched too much would be worse than none.
 *
 * How a change goes: the request becomes a rule of its own, which is checked and then entered as a
 * whole (rule_add), or is compared with the rules that exist (rule_remove). A rule that is in the
 * list never changes. Both need CAP_NET_ADMIN, and run under net_config like the dump
 * (rtnetlink.c).
 *
 * A dump goes on by the number of rules shown. A rule that is added before that place meanwhile
 * makes it show one twice, one that goes makes it miss one; Linux says no more about it.
 */
#include <kernel/text.h>
#include <uapi/if.h>

#include "../inet/addr.h"
#include "../inet/rule.h"
#include "netlink.h"

#define TABLE_COMPAT 252u /* the 8-bit field of a table above 255 */

#define KNOWN                                                                                   \
	(bit(FRA_DST) | bit(FRA_SRC) | bit(FRA_IIFNAME) | bit(FRA_PRIORITY) | bit(FRA_FWMARK) | \
		bit(FRA_SUPPRESS_PREFIXLEN) | bit(FRA_TABLE) | bit(FRA_FWMASK) |                \
		bit(FRA_OIFNAME) | bit(FRA_PROTOCOL))

/* ---- showing ---- */

static void put_name(struct nl_writer *w, u16 type, const u8 (*name)[IFNAMSIZ])
{
	if ((*name)[0])
		nl_put_text(w, type, text_in(*name));
}

/* DETACHED: the rule names a device that does not exist now; it matches nothing until it does. */
static u32 rule_flags(const struct route_rule *r)
{
	return (r->invert ? FIB_RULE_INVERT : 0) |
		(r->iif == RULE_NO_DEVICE ? FIB_RULE_IIF_DETACHED : 0) |
		(r->oif == RULE_NO_DEVICE ? FIB_RULE_OIF_DETACHED : 0);
}

/* Numbers that are 0 are left out where Linux leaves them out. */
static bool put_rule(struct nl_writer *w, const struct nlmsghdr *h, const struct route_rule *r)
{
	u32 none = r->is4 ? IP4_BITS : 0;
	struct fib_rule_hdr m = { .family = r->is4 ? AF_INET : AF_INET6,
		.dst_len = (u8)(r->to_bits - none),
		.src_len = (u8)(r->from_bits - none),
		.tos = r->tos,
		.table = (u8)(r->table < 256 ? r->table : TABLE_COMPAT),
		.action = r->action,
		.flags = rule_flags(r) };
	u32 at = nl_begin(w, h, value_cspan(&m));

	nl_put_u32(w, FRA_TABLE, r->table);
	nl_put_u32(w, FRA_SUPPRESS_PREFIXLEN, (u32)r->suppress_bits);
	nl_put_u8(w, FRA_PROTOCOL, r->protocol);
	put_name(w, FRA_IIFNAME, &r->iif_name);
	put_name(w, FRA_OIFNAME, &r->oif_name);
	if (r->priority)
		nl_put_u32(w, FRA_PRIORITY, r->priority);
	if (r->mark)
		nl_put_u32(w, FRA_FWMARK, r->mark);
	if (r->mark_mask || r->mark)
		nl_put_u32(w, FRA_FWMASK, r->mark_mask);
	if (m.dst_len)
		nl_put_addr(w, FRA_DST, r->to);
	if (m.src_len)
		nl_put_addr(w, FRA_SRC, r->from);
	return nl_end(w, at);
}

/* at[0]: the protocol, at[1]: how many of its rules have been shown. */
static bool rule_dump(struct nl_dump *d, struct nl_writer *w)
{
	struct nlmsghdr h = nl_reply(&d->rq, RTM_NEWRULE, NLM_F_MULTI);
	struct route_rule *r;
	bool is4, fits;

	for (; d->at[0] < 2; d->at[0]++, d->at[1] = 0) {
		is4 = !d->at[0];
		if (d->want.family && d->want.family != (is4 ? AF_INET : AF_INET6))
			continue;
		while ((r = rule_nth(is4, (u32)d->at[1])) != NULL) {
			fits = put_rule(w, &h, r);
			obj_put(&r);
			if (!fits)
				return false;
			d->at[1]++;
		}
	}
	return true;
}
static const struct nl_dumper rule_dumper = { .next = rule_dump };

/* Tells the group of the rule's protocol. */
static void rule_tell(const struct route_rule *r, bool gone)
{
	struct nlmsghdr h = nl_news(gone ? RTM_DELRULE : RTM_NEWRULE, &rule_kind);
	u32 group = r->is4 ? RTNLGRP_IPV4_RULE : RTNLGRP_IPV6_RULE;
	struct nl_writer w;

	if (!nl_has_listeners(NETLINK_ROUTE, group))
		return;
	w = nl_writer_new(256);
	if (put_rule(&w, &h, r))
		nl_multicast(NETLINK_ROUTE, group, &w);
	nl_writer_end(&w);
}

/* ---- changing ---- */

/* A prefix of @len bits, which the attribute must have if there are any. */
static int parse_prefix(struct nl_range attrs, u16 type, u32 family, u32 len, struct ip_addr *out,
	u32 *bits)
{
	u32 most = family == AF_INET ? 32 : 128;
	int found;

	*out = family == AF_INET ? ip4_addr(0) : (struct ip_addr){ 0 };
	*bits = 128 - most;
	if (!len)
		return 0;
	found = len <= most ? nl_get_addr(attrs, type, family, out) : -EINVAL;
	if (found <= 0)
		return -EINVAL;
	*bits += len;
	return 0;
}

/* Only the name is kept; rule.c finds the device's index, now or when it comes. */
static int parse_name(struct nl_range attrs, u16 type, u8 (*const out)[IFNAMSIZ])
{
	struct nl_range v = { 0 };
	struct cspan text;
	size_t n;

	if (!nl_get(attrs, type, &v))
		return 0;
	text = nl_span(v);
	n = cspan_strlen(text);
	if (n >= IFNAMSIZ)
		return -EINVAL;
	span_copy(span_of(*out), cspan_first(text, n));
	return 0;
}

/* 0 also for an attribute that is too short. */
static u8 get_u8(struct nl_range attrs, u16 type)
{
	struct nl_range v = { 0 };
	u8 n = 0;

	return nl_get(attrs, type, &v) && span_read(nl_span(v), 0, &n) ? n : 0;
}

/* The numbers of a rule; a mark that is not zero is compared whole, unless a mask is given. */
static void rule_parse_numbers(struct nl_range attrs, const struct fib_rule_hdr *m,
	struct route_rule *r)
{
	r->tos = m->tos;
	r->action = m->action;
	r->invert = m->flags & FIB_RULE_INVERT;
	r->protocol = get_u8(attrs, FRA_PROTOCOL);
	r->priority = nl_get_u32(attrs, FRA_PRIORITY, 0);
	r->table = nl_get_u32(attrs, FRA_TABLE, m->table);
	r->mark = nl_get_u32(attrs, FRA_FWMARK, 0);
	r->mark_mask = nl_get_u32(attrs, FRA_FWMASK, r->mark ? ~0u : 0);
	r->suppress_bits = (s32)nl_get_u32(attrs, FRA_SUPPRESS_PREFIXLEN, ~0u);
}

/*
 * The rule of a request: a reference, which the caller puts, also after a failure. 0 or -errno.
 * Everything is read into a rule of its own before any list is looked at. The caller's
 * rule_selection says which fields a deletion compares.
 */
static int rule_parse(const struct nl_request *rq, struct route_rule **out,
	struct rule_selection *const by)
{
	struct nl_range attrs = nl_attrs(rq, sizeof(struct fib_rule_hdr)), v = { 0 };
	struct route_rule *const r = obj_new(route_rule);
	struct fib_rule_hdr m = { 0 };
	int err;

	*out = r;
	if (!r)
		return -ENOMEM;
	(void)span_read(nl_span(nl_payload(rq)), 0, &m);
	if (m.family != AF_INET && m.family != AF_INET6)
		return -EAFNOSUPPORT;
	r->is4 = m.family == AF_INET;
	err = parse_prefix(attrs, FRA_SRC, m.family, m.src_len, &r->from, &r->from_bits);
	if (!err)
		err = parse_prefix(attrs, FRA_DST, m.family, m.dst_len, &r->to, &r->to_bits);
	if (!err && nl_has_unknown(attrs, KNOWN))
		err = -EOPNOTSUPP;
	if (!err)
		err = parse_name(attrs, FRA_IIFNAME, &r->iif_name);
	if (!err)
		err = parse_name(attrs, FRA_OIFNAME, &r->oif_name);
	if (err)
		return err;
	rule_parse_numbers(attrs, &m, r);
	*by = (struct rule_selection){ .has_priority = nl_get(attrs, FRA_PRIORITY, &v),
		.has_from = m.src_len,
		.has_to = m.dst_len,
		.has_tos = m.tos };
	return 0;
}

/* Whether the action is one of those that exist. A jump needs a place to go to. */
static int rule_check(const struct route_rule *r)
{
	switch (r->action) {
	case RULE_TABLE:
	case RULE_NOP:
	case RULE_BLACKHOLE:
	case RULE_UNREACHABLE:
	case RULE_PROHIBIT:
		break;
	case FR_ACT_GOTO:
		return -EINVAL;
	default:
		return -EOPNOTSUPP;
	}
	return r->tos & 3 ? -EINVAL : 0;
}

/* rule_add is the commit; news come after it, under the same net_config. */
static int rule_set(const struct nl_request *rq)
{
	struct rule_selection by = { 0 };
	struct route_rule *r = NULL;
	int err = rule_parse(rq, &r, &by);

	if (!err)
		err = rule_check(r);
	if (!err)
		err = rule_add(r, by.has_priority, rq->h.flags & NLM_F_EXCL);
	if (!err)
		rule_tell(r, false);
	obj_put(&r);
	return err;
}

/* Of several rules that fit the first one goes. */
static int rule_del(const struct nl_request *rq)
{
	struct route_rule *like = NULL, *r = NULL;
	struct rule_selection by = { 0 };
	int err = rule_parse(rq, &like, &by);

	if (!err)
		err = rule_remove(like, &by, &r);
	if (!err)
		rule_tell(r, true);
	obj_put(&r);
	obj_put(&like);
	return err;
}

const struct route_kind_ops rule_kind = {
	.head = sizeof(struct fib_rule_hdr), .set = rule_set, .del = rule_del, .dump = &rule_dumper
};
