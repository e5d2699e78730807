// SPDX-License-Identifier: MPL-2.0
/*
 * Address configuration of IPv6 without a server (RFC 4862), and routers (RFC 4861, 6.3).
 *
 * An Ethernet device that comes up gets a link-local address. Each address is tentative at first:
 * after a random delay this machine asks for its owner, and if nobody answers within a second, the
 * address can be used: only then it has its local route. When the link-local one can, routers are
 * asked. Their advertisements bring prefixes (addresses, and what is on the link), a default route,
 * and the link's MTU, each for a time.
 *
 * Addresses and routes change under net_config, which netdev_run must not take. So what comes by
 * packets only leaves a mark (ADDR_CONFLICT) or waits in a short queue, and the network's job does
 * the rest.
 *
 * What strangers on the link can make this machine keep is bounded: RA_QUEUE advertisements that
 * wait, max_addresses of a device, RA_ROUTES routes. Only link-local routers count, and
 * lifetimes of addresses that are in use are not shortened below two hours (RFC 4862, 5.5.3).
 *
 * Two machines that check the same address at once see each other's question and both give up
 * (5.4.3). A stranger who answers each check can keep a machine from having an address: the
 * protocol has no defence, and the address is shown as failed (dadfailed).
 */
#include <frame/sync.h>
#include <frame/time.h>
#include <frame/wait.h>
#include <kernel/neigh.h>
#include <kernel/random.h>
#include <uapi/if.h>

#include "nd.h"

#define RA_QUEUE     16u
#define RA_ROUTES    32u
#define DAD_DELAY_NS NSEC_PER_SEC
#define DAD_WAIT_NS  NSEC_PER_SEC
#define RS_WAIT_NS   (4 * NSEC_PER_SEC)
#define RS_TRIES     3u
#define TWO_HOURS    7200u
#define MTU6_LEAST   1280u
#define FOR_EVER     0xffffffffu

static struct spinlock ra_lock;
static LIST_HEAD(packet) ra_queue; /* ra_lock */
static u32 nr_ras;                 /* ra_lock */

/*
 * Routes that advertisements have brought; net_config. Each advertisement gives a route a new end,
 * which stands here and in the route, for those that show it.
 */
static struct ra_route {
	struct route *route; /* reference; NULL: the place is free */
	u64 expires_ns;
} ra_routes[RA_ROUTES];

/* The last 64 bits of an address, by the link address (RFC 4291, appendix A). */
static u64 interface_id(const struct netdev *d)
{
	const u8(*const a)[LINK_ADDR_MAX] = &d->address;

	return (u64)((*a)[0] ^ 2) << 56 | (u64)(*a)[1] << 48 | (u64)(*a)[2] << 40 | 0xfffe000000ul |
		(u64)(*a)[3] << 16 | (u64)(*a)[4] << 8 | (*a)[5];
}

static bool has_link_local(const struct netdev *d)
{
	return d->kind == LINK_ETHERNET && d->ops->push_header && d->mtu >= MTU6_LEAST &&
		!load_once(d->no_ip6);
}

/* Others on the link can be asked. */
static bool configures(const struct netdev *d)
{
	return has_link_local(d) && !(d->flags & IFF_NOARP);
}

static u32 job_number;

void autoconf_kick(void)
{
	net_job_kick(job_number);
}

/* ---- tentative addresses ---- */

/*
 * From addr_add, net_config held. The group of the address is joined first: questions about the
 * address come to it.
 */
void autoconf_added(struct netdev *d, struct inet_addr *a)
{
	int err;

	if (a->valid_until_ns || a->preferred_until_ns)
		autoconf_kick();
	if (ip_is4(a->addr) || !d->ops->push_header)
		return;
	err = addr_join(d, nd_group(a->addr), true);
	(void)err; /* without memory for it nobody finds the address */
	if (!configures(d) || a->flags & ADDR_NODAD || !conf6_dad(addr_inet(d)))
		return;
	a->flags |= ADDR_TENTATIVE;
	a->dad_left = (u8)clamp(conf6_of(addr_inet(d), CONF6_DAD_TRANSMITS), 0, 255);
	a->due_ns = time_mono_ns() + random_u64() % DAD_DELAY_NS;
	net_job_kick(job_number);
}

void autoconf_removed(struct netdev *d, const struct inet_addr *a)
{
	if (!ip_is4(a->addr) && d->ops->push_header)
		addr_leave(d, nd_group(a->addr));
}

void autoconf_conflict(struct netdev *d, struct ip_addr a)
{
	if (addr_mark(d, a, ADDR_CONFLICT))
		net_job_kick(job_number);
}

static void ask_owner(struct netdev *d, struct ip_addr a)
{
	struct nd_out m = {
		.type = ND_NEIGHBOUR_SOLICIT, .to = nd_group(a), .target = a, .has_target = true
	};

	nd_send(d, &m);
}

static void solicit_routers(struct netdev *d, struct inet_dev *i)
{
	struct nd_out m = { .type = ND_ROUTER_SOLICIT,
		.from = { 0xfe80ul << 48, interface_id(d) },
		.to = ND_ALL_ROUTERS,
		.option = ND_SOURCE_LINK };

	if (!i->rs_left) {
		i->rs_due_ns = 0;
		return;
	}
	i->rs_left--;
	i->rs_due_ns = time_mono_ns() + RS_WAIT_NS;
	nd_send(d, &m);
}

/*
 * The next step of a tentative address. net_config held. The flag says what the packet path has
 * seen since. ADDR_CONFLICT is looked at before the time, so a conflict ends the check at once.
 */
static void dad_step(struct netdev *d, struct inet_dev *i, struct inet_addr *a, u64 now)
{
	if (load_once(a->flags) & ADDR_CONFLICT) {
		/* It stays as it is: nobody can use it (RFC 4862, 5.4.5). */
		a->due_ns = 0;
		addr_set_flags(a, ADDR_DADFAILED, ADDR_CONFLICT);
		inet_tell_address(d, a, false);
		return;
	}
	if (a->dad_left) {
		a->dad_left--;
		a->due_ns = now + DAD_WAIT_NS;
		ask_owner(d, a->addr);
		return;
	}
	a->due_ns = 0;
	addr_usable(d, a);
	if (ip_is_link_local(a->addr) && configures(d) && conf6_accepts_ra(i)) {
		i->rs_left = RS_TRIES;
		solicit_routers(d, i);
	}
}

/* ---- advertisements ---- */

/*
 * In netdev_run: the message is only checked and queued. The queue is short, and what finds it full
 * is lost; routers repeat themselves. The clone has its own head, and its device is noted by index,
 * since the device may be gone when the job comes to it.
 */
void autoconf_advert(struct packet *p, const struct ip_info *i)
{
	struct packet *c;

	if (!ip_is_link_local(i->from) || !configures(p->dev) || !nd_options_ok(p, 16) ||
		!addr_inet(p->dev) || !conf6_accepts_ra(addr_inet(p->dev)))
		return;
	c = packet_slice(p, 0, p->len, 0);
	if (!c)
		return;
	c->dev = NULL;
	c->control[0] = i->ifindex;
	packet_set_address(c, 1, i->from);
	spin_lock(&ra_lock);
	if (nr_ras < RA_QUEUE) {
		list_push_back(&ra_queue, c, link);
		nr_ras++;
		c = NULL;
	}
	spin_unlock(&ra_lock);
	packet_drop(&c);
	net_job_kick(job_number);
}

static struct packet *take_advert(void)
{
	struct packet *p;

	spin_lock(&ra_lock);
	p = list_first(&ra_queue);
	if (p) {
		list_remove(&ra_queue, p, link);
		nr_ras--;
	}
	spin_unlock(&ra_lock);
	return p;
}

/* What an advertisement says about all routes and addresses that it brings. */
struct advert {
	struct ip_addr router;
	u32 mtu, hops;
	u64 now;
};

static u64 until(u64 now, u32 seconds)
{
	return seconds == FOR_EVER ? NO_DEADLINE : now + seconds * NSEC_PER_SEC;
}

/* The place of a route; RA_ROUTES: it has none. */
static u32 route_place(const struct netdev *d, struct ip_addr to, u32 bits, struct ip_addr gateway)
{
	u32 i;

	for (i = 0; i < RA_ROUTES; i++) {
		const struct route *const r = array_at(ra_routes, i)->route;
		if (r && r->ifindex == d->index && r->bits == bits && ip_equal(r->to, to) &&
			ip_equal(r->gateway, gateway))
			break;
	}
	return i;
}

/* RA_ROUTES: all are taken. */
static u32 free_place(void)
{
	u32 i;

	for (i = 0; i < RA_ROUTES && array_at(ra_routes, i)->route; i++)
		;
	return i;
}

static struct route *new_route(struct netdev *d, const struct advert *ra, struct ip_addr to,
	u32 bits, struct ip_addr gateway)
{
	struct route *r = obj_new(route);

	if (!r)
		return NULL;
	r->to = to;
	r->bits = bits;
	r->gateway = gateway;
	r->kind = ROUTE_UNICAST;
	r->table = ROUTE_TABLE_MAIN;
	if (ip_is_zero(gateway)) {
		r->protocol = ROUTE_BY_KERNEL;
		r->metric = 256;
	} else {
		r->protocol = ROUTE_BY_RA;
		r->metric = 1024;
		r->hoplimit = ra->hops;
	}
	route_set_device(r, d);
	return r;
}

/* net_config held. */
static void drop_route(u32 place)
{
	struct ra_route *const at = array_at(ra_routes, place);

	if (route_is_there(at->route))
		ignore_error(route_remove(at->route)); /* it is there */
	obj_put(&at->route);
}

/*
 * The route at @place holds until then. It is added again if somebody has removed it, as on Linux.
 * If there is another one like it, as an address makes it, that one stays as it is. net_config held.
 */
static void hold_until(u32 place, u64 end)
{
	struct ra_route *const at = array_at(ra_routes, place);

	at->expires_ns = end;
	store_once(at->route->expires_ns, end == NO_DEADLINE ? 0 : end);
	if (!route_is_there(at->route) && route_add(at->route, 0))
		obj_put(&at->route);
}

/*
 * A route that holds for @seconds; 0: no longer. net_config held. The place in ra_routes holds the
 * time, the table of routes the route; -EEXIST means that somebody else has set the same, which is
 * as good. A router that announces more than RA_ROUTES prefixes is heard for the first ones only.
 */
static void hold_route(struct netdev *d, const struct advert *ra, struct ip_addr to, u32 bits,
	struct ip_addr gateway, u32 seconds)
{
	u32 place = route_place(d, to, bits, gateway);

	if (!seconds) {
		if (place < RA_ROUTES)
			drop_route(place);
		return;
	}
	if (place == RA_ROUTES) {
		place = free_place();
		if (place == RA_ROUTES)
			return;
		array_at(ra_routes, place)->route = new_route(d, ra, to, bits, gateway);
	}
	if (array_at(ra_routes, place)->route)
		hold_until(place, until(ra->now, seconds));
}

/* Autoconfigured addresses of a device. net_config held. */
static u32 count_auto(const struct inet_dev *i)
{
	struct inet_addr *a;
	u32 n = 0;

	list_for_each(a, &i->addrs, link)
		n += !(a->flags & ADDR_PERMANENT) && !ip_is4(a->addr);
	return n;
}

/*
 * Gives an address that exists its new times (RFC 4862, 5.5.3 e). A forged advertisement with a
 * lifetime of 0 must not take an address away: of what is left two hours stay at least. The
 * preferred time is believed, as it only ranks addresses.
 */
static void prolong(struct netdev *d, struct inet_addr *a, u64 now, u32 valid, u32 preferred)
{
	u64 left = a->valid_until_ns > now ? a->valid_until_ns - now : 0;

	if (valid > TWO_HOURS || valid * NSEC_PER_SEC > left)
		a->valid_until_ns = until(now, valid);
	else if (left > TWO_HOURS * NSEC_PER_SEC)
		a->valid_until_ns = until(now, TWO_HOURS);
	a->preferred_until_ns = until(now, preferred);
	addr_set_flags(a, preferred ? 0 : ADDR_DEPRECATED, preferred ? ADDR_DEPRECATED : 0);
	if (!(load_once(a->flags) & ADDR_TENTATIVE))
		inet_tell_address(d, a, false);
}

/*
 * Only prefixes of 64 bits, to which the link address adds the rest. An address that an
 * administrator has set is left alone.
 */
static void configure_address(struct netdev *d, struct inet_dev *i, u64 now, struct ip_addr prefix,
	u32 valid, u32 preferred)
{
	struct inet_addr *a = addr_get(i, (struct ip_addr){ prefix.hi, interface_id(d) });
	s32 most = conf6_of(i, CONF6_MAX_ADDRESSES);
	int err;

	if (a) {
		if (!(a->flags & ADDR_PERMANENT))
			prolong(d, a, now, valid, preferred);
		obj_put(&a);
		return;
	}
	if (!valid || (most > 0 && count_auto(i) >= (u32)most))
		return;
	a = obj_new(inet_addr);
	if (!a)
		return;
	a->addr = (struct ip_addr){ prefix.hi, interface_id(d) };
	a->bits = 64;
	a->flags = ADDR_NOPREFIX | (preferred ? 0u : (u32)ADDR_DEPRECATED);
	a->scope = SCOPE_UNIVERSE;
	a->proto = ADDR_BY_ROUTER;
	a->valid_until_ns = until(now, valid);
	a->preferred_until_ns = until(now, preferred);
	err = addr_add(d, a);
	(void)err; /* the next advertisement tries again */
	obj_put(&a);
}

/* RFC 4861, 4.6.2; behind type and length. */
struct nd_prefix {
	u8 bits, flags;
	u32 valid, preferred, reserved;
	u64 hi, lo;
};
#define PREFIX_ON_LINK 0x80u
#define PREFIX_AUTO    0x40u

static bool nd_read_prefix(const struct packet *p, u32 off, struct nd_prefix *const x)
{
	return packet_read(p, off + 2, value_span(&x->bits)) &&
		packet_read(p, off + 3, value_span(&x->flags)) &&
		packet_read(p, off + 4, value_span(&x->valid)) &&
		packet_read(p, off + 8, value_span(&x->preferred)) &&
		packet_read(p, off + 16, value_span(&x->hi)) &&
		packet_read(p, off + 24, value_span(&x->lo));
}

/*
 * The link-local prefix, groups and mapped addresses are never a router's to give (RFC 4862, 5.5.3
 * b).
 */
static void prefix_in(struct netdev *d, struct inet_dev *i, const struct advert *ra,
	const struct nd_prefix *x)
{
	struct ip_addr prefix = ip_prefix((struct ip_addr){ be64(x->hi), be64(x->lo) }, x->bits);
	u32 valid = be32(x->valid), preferred = be32(x->preferred);

	if (x->bits > 128 || ip_is_link_local(prefix) || ip_is_multicast(prefix) ||
		ip_is4(prefix) || preferred > valid)
		return;
	if (x->flags & PREFIX_ON_LINK)
		hold_route(d, ra, prefix, x->bits, (struct ip_addr){ 0 }, valid);
	if ((x->flags & PREFIX_AUTO) && x->bits == 64 && conf6_of(i, CONF6_AUTOCONF))
		configure_address(d, i, ra->now, prefix, valid, preferred);
}

static void option_in(struct netdev *d, struct inet_dev *i, const struct advert *ra,
	const struct packet *p, u32 off, u8 type, u32 len)
{
	struct nd_prefix x = { 0 };
	u32 mtu;

	if (type == ND_PREFIX && len == 32 && nd_read_prefix(p, off, &x)) {
		if (conf6_of(i, CONF6_ACCEPT_RA_PINFO))
			prefix_in(d, i, ra, &x);
	} else if (type == ND_MTU && len == 8 && packet_read(p, off + 4, value_span(&mtu))) {
		mtu = be32(mtu);
		if (mtu >= MTU6_LEAST && mtu <= d->mtu && conf6_of(i, CONF6_ACCEPT_RA_MTU))
			store_once(i->mtu6, mtu);
	}
}

/*
 * net_config held. An advertisement ends the questions for routers. What it says about one thing is
 * taken even if its other options are unknown; nd_options_ok has checked their lengths.
 */
static void autoconf_advert_in(struct netdev *d, struct inet_dev *i, const struct packet *p)
{
	struct advert ra = { .router = packet_address(p, 1), .now = time_mono_ns() };
	u8 link[LINK_ADDR_MAX] = { 0 }, type, hops;
	u32 off, len = 0;
	u16 lifetime;

	if (!packet_read(p, 4, value_span(&hops)) || !packet_read(p, 6, value_span(&lifetime)))
		return;
	ra.hops = hops;
	i->rs_left = 0;
	i->rs_due_ns = 0;
	if (nd_link_option(p, 16, ND_SOURCE_LINK, &link) && !(link[0] & 1))
		neigh_learned(d, ra.router, &link, NEIGH_OVERRIDE | NEIGH_CREATE | NEIGH_ROUTER);
	if (conf6_of(i, CONF6_ACCEPT_RA_DEFRTR))
		hold_route(d, &ra, (struct ip_addr){ 0 }, 0, ra.router, be16(lifetime));
	for (off = 16; nd_next_option(p, &off, &type, &len) && len; off += len)
		option_in(d, i, &ra, p, off, type, len);
	route_changed();
}

static void take_adverts(void)
{
	struct packet *p;
	struct netdev *d;
	u32 n;

	for (n = 0; n < RA_QUEUE && (p = take_advert()) != NULL; n++) {
		d = netdev_by_index(p->control[0]);
		if (d && (d->flags & IFF_UP) && d->inet && configures(d) &&
			conf6_accepts_ra(addr_inet(d)))
			autoconf_advert_in(d, addr_inet(d), p);
		obj_put(&d);
		packet_drop(&p);
	}
}

/* ---- what is due ---- */

/* The times of an address, of IPv4 as well; returns when the next is. */
static u64 address_times(struct netdev *d, struct inet_addr *a, u64 now)
{
	u64 next = NO_DEADLINE;
	int err;

	if (a->valid_until_ns && a->valid_until_ns <= now) {
		err = addr_remove(d, a->addr);
		(void)err;
		return now;
	}
	if (a->valid_until_ns)
		next = a->valid_until_ns;
	if (a->preferred_until_ns && !(a->flags & ADDR_DEPRECATED)) {
		if (a->preferred_until_ns > now)
			return min(next, a->preferred_until_ns);
		addr_set_flags(a, ADDR_DEPRECATED, 0);
		inet_tell_address(d, a, false);
	}
	return next;
}

/*
 * An address may go while the list is walked: the next one is remembered first, and nothing else is
 * removed meanwhile.
 */
static u64 device_due(struct netdev *d, struct inet_dev *i, u64 now)
{
	struct inet_addr *a, *after;
	u64 next = NO_DEADLINE;

	list_for_each_safe(a, after, &i->addrs, link) {
		if (i->ready && a->due_ns &&
			(a->due_ns <= now || (load_once(a->flags) & ADDR_CONFLICT)))
			dad_step(d, i, a, now);
		if (i->ready && a->due_ns)
			next = min(next, a->due_ns);
		next = min(next, address_times(d, a, now));
	}
	if (i->rs_due_ns && i->rs_due_ns <= now)
		solicit_routers(d, i);
	return i->rs_due_ns ? min(next, i->rs_due_ns) : next;
}

static u64 routes_due(u64 now)
{
	u64 next = NO_DEADLINE;
	u32 i;

	for (i = 0; i < RA_ROUTES; i++) {
		const struct ra_route *const r = array_at(ra_routes, i);
		if (!r->route)
			continue;
		if (r->expires_ns > now)
			next = min(next, r->expires_ns);
		else
			drop_route(i);
	}
	return next;
}

static u64 autoconf_run(u64 now)
{
	struct netdev *d;
	u64 next;
	u32 index = 0;

	mutex_lock(&net_config);
	take_adverts();
	next = routes_due(now);
	while ((d = netdev_next(index)) != NULL) {
		index = d->index;
		if (d->inet)
			next = min(next, device_due(d, addr_inet(d), now));
		obj_put(&d);
	}
	mutex_unlock(&net_config);
	return next;
}
static const struct net_job autoconf_job = { .run = autoconf_run };

/* ---- devices ---- */

/* Whether nobody has turned link-local addresses off (IFLA_INET6_ADDR_GEN_MODE). */
static bool wants_link_local(const struct netdev *d)
{
	const struct inet_dev *i = addr_inet(d);

	return i && !i->no_link_local;
}

/*
 * Called when the device comes up and each time when its carrier changes; `ready` makes the first
 * of these that finds both do the work.
 */
void autoconf_up(struct netdev *d)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_addr *a;
	int err;

	if (!i || i->ready || !(d->flags & IFF_UP) || !d->carrier)
		return;
	i->ready = true;
	net_job_kick(job_number); /* for addresses that were added before */
	if (!has_link_local(d))
		return;
	a = obj_new(inet_addr);
	if (!a)
		return;
	a->addr = (struct ip_addr){ 0xfe80ul << 48, interface_id(d) };
	a->bits = 64;
	a->flags = ADDR_PERMANENT;
	a->scope = SCOPE_LINK;
	a->proto = ADDR_BY_LINK;
	err = wants_link_local(d) ? addr_add(d, a) : 0;
	(void)err; /* it may be there already */
	obj_put(&a);
}

/* Its routes have gone. */
void autoconf_down(struct netdev *d)
{
	struct inet_dev *i = addr_inet(d);
	u32 n;

	for (n = 0; n < RA_ROUTES; n++) {
		struct ra_route *const r = array_at(ra_routes, n);
		if (r->route && r->route->ifindex == d->index)
			obj_put(&r->route);
	}
	if (i) {
		i->ready = false;
		i->rs_left = 0;
		i->rs_due_ns = 0;
		i->mtu6 = 0;
	}
}

void autoconf_shutdown(void)
{
	struct packet *p;

	while ((p = take_advert()) != NULL)
		packet_drop(&p);
}

void autoconf_init(void)
{
	nd_init();
	job_number = net_job_register(&autoconf_job);
}
