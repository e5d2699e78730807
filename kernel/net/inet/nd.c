// SPDX-License-Identifier: MPL-2.0
/*
 * Neighbour discovery (RFC 4861): solicitations and advertisements of neighbours, in and out.
 * Messages of routers go to autoconf.c. Redirects are not believed, as a host may.
 *
 * All messages must have come with a hop limit of 255: no router has passed them on (6.1, 7.1).
 * What is learned goes to the table of neighbours; a conflict with an address that is still being
 * checked goes to autoconf.c, because addresses are changed by tasks that hold net_config, and this
 * runs in netdev_run.
 *
 * What a neighbour on the link can do by these messages: say a wrong link address for any address
 * of the link, as with ARP; that is what the protocol is. It cannot fill the table (an
 * advertisement makes no entry, a solicitation only one of the link, neigh.c has the bounds), nor
 * speak from behind a router.
 *
 * Locking: none here. Addresses are asked for under addr_lock (addr_flags), neighbours under
 * theirs.
 */
#include <frame/time.h>
#include <kernel/neigh.h>
#include <uapi/if.h>

#include "ip.h"
#include "nd.h"

/* An option (RFC 4861, 4.6): @len in units of 8 bytes. */
struct nd_option {
	u8 type, len;
};

struct nd_message {
	u32 word; /* flags, behind the header of ICMP; network order */
	u64 target_hi, target_lo;
};

#define ND_ROUTER    0x80000000u
#define ND_SOLICITED 0x40000000u
#define ND_OVERRIDE  0x20000000u

/* ff02::1:ff00:0/104 and the last bits of the address. */
struct ip_addr nd_group(struct ip_addr a)
{
	return (struct ip_addr){ 0xff02ul << 48, 0x1ff000000ul | (a.lo & 0xffffff) };
}

/* ---- out ---- */

/*
 * Appends an option with the device's link address. False: no room. An option's length counts units
 * of 8 bytes, which a link address of 6 bytes fills.
 */
static bool add_link(struct packet *p, const struct netdev *d, u8 option)
{
	struct nd_option o = { option, 1 };

	if (d->address_len != 6 || p->tail + 8u > PACKET_DATA)
		return false;
	p->tail += 8;
	p->len += 8;
	return span_write(packet_head(p), p->len - 8, &o) &&
		span_copy(span_from(packet_head(p), p->len - 6),
			cspan_first(cspan_of(d->address), 6)) == 6;
}

/*
 * Past the tables of routes: the message is for the link that is meant. Its source may be :: (a
 * check for duplicates). It does not come back to this machine (no_loop).
 */
void nd_send(struct netdev *d, const struct nd_out *m)
{
	struct flow f = { .to = m->to,
		.from = m->from,
		.ifindex = d->index,
		.ttl = 255,
		.protocol = IP_PROTO_ICMPV6,
		.no_loop = true };
	struct icmp_header h = { .type = m->type, .info = be32(m->word) };
	u64 target[2] = { be64(m->target.hi), be64(m->target.lo) };
	struct route *r = addr_link_route(d->index, m->to);
	struct packet *p = r ? packet_new(PACKET_ROOM) : NULL;
	bool good = p != NULL;
	u32 len = sizeof(h) + (m->has_target ? 16u : 0u);

	if (p) {
		p->tail += (u16)len;
		p->len = len;
		good = (!m->has_target ||
			       span_copy(span_from(packet_head(p), sizeof(h)),
				       value_cspan(&target)) == 16) &&
			(!m->option || add_link(p, d, m->option)) &&
			icmp_put_header(p, &h, m->from, m->to);
	}
	if (good) {
		p->transport = p->head;
		icmp_count(false, true, m->type);
		good = !ip6_output(p, r, &f);
	} else {
		packet_drop(&p);
	}
	obj_put(&r);
}

/* ---- redirects (RFC 4861, 4.5) ---- */

struct nd_redirect {
	struct icmp_header h;
	u64 target_hi, target_lo, to_hi, to_lo;
};
/* The head of the option that quotes the packet. */
struct nd_quote {
	u8 type, len, reserved[6];
};
struct nd_link {
	u8 type, len, address[6];
};
#define REDIRECT_MOST (1280u - 40 - 40) /* bytes of options: the packet fits into any link */

/*
 * Puts the quote's head and, if it is @known, the target's link address before @p, the beginning of
 * the packet that is redirected, whose length is a multiple of 8. False: cannot be.
 */
static bool push_options(struct packet *p, bool known, const struct neigh_info *n)
{
	struct nd_quote q = { .type = ND_REDIRECTED, .len = (u8)((p->len + 8) / 8) };
	struct nd_link l = { .type = ND_TARGET_LINK, .len = 1 };

	packet_push(p, sizeof(q));
	if (!span_write(packet_head(p), 0, &q))
		return false;
	if (!known)
		return true;
	span_copy(span_of(l.address), cspan_first(cspan_of(n->address), ETHERNET_ADDR));
	packet_push(p, sizeof(l));
	return span_write(packet_head(p), 0, &l);
}

/*
 * The message comes from the link-local address, without which a machine is no router on the link,
 * and names a neighbour: the destination itself, or a router by its link-local address.
 */
void nd_send_redirect(const struct packet *p, struct ip_addr to, struct ip_addr dst,
	struct ip_addr target)
{
	struct nd_redirect m = { .h = { .type = ND_REDIRECT },
		.target_hi = be64(target.hi),
		.target_lo = be64(target.lo),
		.to_hi = be64(dst.hi),
		.to_lo = be64(dst.lo) };
	struct flow f = { .to = to,
		.from = addr_link_local(p->dev),
		.ifindex = p->dev->index,
		.ttl = 255,
		.protocol = IP_PROTO_ICMPV6,
		.no_loop = true };
	struct neigh_info n = { 0 };
	bool known = neigh_get(p->dev, target, &n) && n.address_len == ETHERNET_ADDR;
	u32 quote = min(p->len, REDIRECT_MOST - (known ? 16u : 8u)) & ~7u;
	struct packet *c;
	struct route *r;
	bool good;

	if (ip_is_zero(f.from) || (!ip_equal(target, dst) && !ip_is_link_local(target)) ||
		!route_is_on_link(p->dev, to) || !icmp_limit_take(to, time_mono_ns(), 0))
		return;
	r = addr_link_route(p->dev->index, to);
	c = r ? packet_slice(p, 0, quote, PACKET_ROOM) : NULL;
	good = c && push_options(c, known, &n);
	if (good) {
		packet_push(c, sizeof(m));
		c->csum = CSUM_UNKNOWN;
		c->transport = c->head;
		good = span_write(packet_head(c), 0, &m) && icmp_put_header(c, &m.h, f.from, f.to);
	}
	if (good) {
		icmp_count(false, true, ND_REDIRECT);
		good = !ip6_output(c, r, &f);
	} else {
		packet_drop(&c);
	}
	obj_put(&r);
}

/* Without a source on that link nobody could answer, so nothing is sent. */
static void nd_solicit(struct netdev *d, struct ip_addr to, const u8 (*unicast)[LINK_ADDR_MAX])
{
	struct nd_out m = { .type = ND_NEIGHBOUR_SOLICIT,
		.from = addr_on_link_for(d, to),
		.to = unicast ? to : nd_group(to),
		.target = to,
		.has_target = true,
		.option = ND_SOURCE_LINK };

	if (!ip_is_zero(m.from))
		nd_send(d, &m);
}

/* ---- in ---- */

/* Its length may be 0, or beyond the packet: callers look (nd_options_ok). */
bool nd_next_option(const struct packet *p, u32 *const off, u8 *const type, u32 *const len)
{
	struct nd_option o;

	if (*off >= p->len || !packet_read(p, *off, value_span(&o)))
		return false;
	*type = o.type;
	*len = o.len * 8u;
	return true;
}

/* An option of length 0 would never end, so it spoils the whole message (RFC 4861, 4.6). */
bool nd_options_ok(const struct packet *p, u32 off)
{
	u32 len = 0;
	u8 type;

	for (; off < p->len; off += len) {
		if (!nd_next_option(p, &off, &type, &len) || !len || len > p->len - off)
			return false;
	}
	return true;
}

/* The first one counts. */
bool nd_link_option(const struct packet *p, u32 off, u8 option, u8 (*const out)[LINK_ADDR_MAX])
{
	u32 len = 0;
	u8 type;

	for (; off < p->len; off += len) {
		if (!nd_next_option(p, &off, &type, &len) || !len)
			return false;
		if (type == option && len == 8)
			return packet_read(p, off + 2, span_first(span_of(*out), 6));
	}
	return false;
}

/* The target of a message whose head begins with the header of ICMP. False: it is malformed. */
static bool read_target(const struct packet *p, struct nd_message *const m,
	struct ip_addr *const target)
{
	if (!packet_read(p, 4, value_span(&m->word)) ||
		!packet_read(p, 8, value_span(&m->target_hi)) ||
		!packet_read(p, 16, value_span(&m->target_lo)))
		return false;
	*target = (struct ip_addr){ be64(m->target_hi), be64(m->target_lo) };
	return !ip_is_multicast(*target) && nd_options_ok(p, 24);
}

/*
 * Answers a solicitation of @target, an address of the device. A check for duplicates has no
 * source, so all hear the answer. Who asked us alone knows our link address already.
 */
static void advertise(struct netdev *d, struct ip_addr target, const struct ip_info *i)
{
	struct nd_out m = { .type = ND_NEIGHBOUR_ADVERT,
		.from = target,
		.to = i->from,
		.target = target,
		.has_target = true };

	if (ip_is_any(i->from)) {
		m.to = ND_ALL_NODES;
		m.word = ND_OVERRIDE;
		m.option = ND_TARGET_LINK;
	} else if (i->multicast) {
		m.word = ND_SOLICITED | ND_OVERRIDE;
		m.option = ND_TARGET_LINK;
	} else {
		m.word = ND_SOLICITED;
	}
	if (conf6_of(addr_inet(d), CONF6_FORWARDING))
		m.word |= ND_ROUTER;
	nd_send(d, &m);
}

/*
 * The asker's link address is believed if it could have been asked for as well, and makes an entry
 * only if the asker is on this link by the routes.
 */
static void solicit_in(struct packet *p, const struct ip_info *i)
{
	u8 link[LINK_ADDR_MAX] = { 0 };
	struct netdev *d = p->dev;
	struct nd_message m;
	struct ip_addr target;
	bool known;
	u32 flags;

	if (!read_target(p, &m, &target))
		return;
	known = nd_link_option(p, 24, ND_SOURCE_LINK, &link);
	/* Who has no address yet asks a group, and does not say its link address (7.1.1). */
	if (ip_is_any(i->from) && (!ip_equal(i->to, nd_group(target)) || known))
		return;
	if (!addr_flags(d, target, &flags))
		return;
	if (flags & ADDR_TENTATIVE) {
		/*
		 * Another machine checks the same address; other questions find nobody (RFC 4862,
		 * 5.4.3).
		 */
		if (ip_is_any(i->from))
			autoconf_conflict(d, target);
		return;
	}
	if (!ip_is_any(i->from) && known && !(link[0] & 1))
		neigh_learned(d, i->from, &link,
			NEIGH_OVERRIDE | (route_is_on_link(d, i->from) ? NEIGH_CREATE : 0u));
	advertise(d, target, i);
}

/*
 * An advertisement never makes an entry: who is not being asked about is not remembered. One about
 * an address of this machine is a duplicate; if the address is in use already, nothing is done
 * about it (RFC 4862, 5.4.4).
 */
static void nd_advert_in(struct packet *p, const struct ip_info *i)
{
	u8 link[LINK_ADDR_MAX] = { 0 };
	struct netdev *d = p->dev;
	struct nd_message m;
	struct ip_addr target;
	u32 flags, how = 0;
	bool solicited;

	if (!read_target(p, &m, &target))
		return;
	solicited = be32(m.word) & ND_SOLICITED;
	if (i->multicast && solicited)
		return;
	if (addr_flags(d, target, &flags)) {
		if (flags & ADDR_TENTATIVE)
			autoconf_conflict(d, target);
		return;
	}
	if (be32(m.word) & ND_OVERRIDE)
		how |= NEIGH_OVERRIDE;
	if (be32(m.word) & ND_ROUTER)
		how |= NEIGH_ROUTER;
	if (solicited)
		how |= NEIGH_SOLICITED;
	if (nd_link_option(p, 24, ND_TARGET_LINK, &link)) {
		if (!(link[0] & 1))
			neigh_learned(d, target, &link, how);
	} else if (solicited) {
		neigh_confirm(d, target);
	}
}

/*
 * Code 0, a hop limit of 255, and enough bytes for the fixed part; all else is dropped in silence
 * (RFC 4861, 7.1).
 */
void nd_receive(struct packet *p, const struct ip_info *i, u8 type, u8 code)
{
	if (i->ttl != 255 || code || p->kind == PACKET_LOOPBACK || !p->dev->ops->push_header ||
		p->len < (type == ND_ROUTER_SOLICIT                 ? 8u
					 : type == ND_ROUTER_ADVERT ? 16u
								    : 24u))
		return;
	switch (type) {
	case ND_NEIGHBOUR_SOLICIT:
		solicit_in(p, i);
		break;
	case ND_NEIGHBOUR_ADVERT:
		nd_advert_in(p, i);
		break;
	case ND_ROUTER_ADVERT:
		autoconf_advert(p, i);
		break;
	default:
		break; /* this machine advertises no prefixes, and takes no redirects */
	}
}

static const struct neigh_protocol nd_neighbours = { .solicit = nd_solicit,
	.failed = icmp_unreachable_host };

void nd_init(void)
{
	neigh_protocol_register(&nd_neighbours);
}
