// SPDX-License-Identifier: MPL-2.0
/*
 * The texts of /proc/net about multicast groups (igmp, igmp6, dev_mcast), which `ip maddr` and
 * `netstat -g` read, and about the routes of IPv6 (ipv6_route).
 *
 * A record is one group of a device. Its place is the device's index in the upper half and the
 * number of the group in the lower: both can be looked up again when the reader comes back, after
 * any change. Linux puts a new group before the others, so the number counts from the end of the
 * device's list here, and the groups of all hosts, in which a device always is and which are in no
 * list, are the last.
 *
 * Locking: net_config, under which the lists of groups change.
 */
#include <frame/fmt.h>
#include <frame/sync.h>
#include <frame/task.h>
#include <frame/time.h>
#include <kernel/text.h>
#include <uapi/if.h>

#include "nd.h"

#define PLACE(index, n) ((u64)(index) << 32 | (n))

static void pad(struct fmt *out, size_t from, size_t width)
{
	size_t n = fmt_len(out) - from;

	if (n < width)
		fmt_fill(out, ' ', width - n);
}

/* A device's index and name, as two of the texts begin. */
static void show_device(struct fmt *out, const struct netdev *d)
{
	size_t from = fmt_len(out);

	fmt_printf(out, "%u", d->index);
	pad(out, from, 4);
	fmt_char(out, ' ');
	from = fmt_len(out);
	fmt_span(out, text_in(d->name));
	pad(out, from, 15);
	fmt_char(out, ' ');
}

/* How many groups of the family sockets and addresses of the device have joined. */
static u32 count_groups(const struct inet_dev *i, bool ip4)
{
	struct inet_group *g;
	u32 n = 0;

	list_for_each(g, &i->groups, link)
		n += g->nr && ip_is4(g->group) == ip4;
	return n;
}

/* The group of the family that @nr others of the device's list come before. A reference, or NULL. */
static struct inet_group *group_number(const struct inet_dev *i, bool ip4, u32 nr)
{
	struct inet_group *g;

	list_for_each(g, &i->groups, link) {
		if (!g->nr || ip_is4(g->group) != ip4)
			continue;
		if (!nr--)
			return obj_get(g);
	}
	return NULL;
}

/* ---- IPv4 ---- */

void igmp_show_header(struct fmt *out)
{
	fmt_lit(out, LIT("Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n"));
}

/* Group @n of a device with @joined; the heading of the device stands before the first. */
static void show4(struct fmt *out, const struct netdev *d, u32 n, u32 joined)
{
	const struct inet_dev *i = addr_inet(d);
	struct inet_group *g = n < joined ? group_number(i, true, joined - 1 - n) : NULL;
	u32 version = time_mono_ns() < load_once(i->old4_until_ns) ? 2 : 3;
	size_t from;

	if (!n) {
		fmt_printf(out, "%u\t", d->index);
		from = fmt_len(out);
		fmt_span(out, text_in(d->name));
		pad(out, from, 10);
		fmt_printf(out, ": %5u      V%u\n", joined + 1, version);
	}
	fmt_printf(out, "\t\t\t\t%08X %5u 0:%08X\t\t0\n",
		be32(g ? ip4_bits(g->group) : 0xe0000001u), g ? g->nr : 1u, 0u);
	obj_put(&g);
}

/*
 * The walk that the three texts of groups share: finds the device and the number of the record at
 * *@place, or the next device that has one, and moves *@place behind it. A reference; NULL: there
 * is no more. @nr_of: how many records a device has. net_config held.
 */
static struct netdev *next_place(u64 *const place, u32 (*nr_of)(const struct netdev *d),
	u32 *const n)
{
	u32 index = (u32)(*place >> 32);
	struct netdev *d = index ? netdev_by_index(index) : NULL;

	*n = (u32)*place;
	while (!d || *n >= nr_of(d)) {
		obj_put(&d);
		d = netdev_next(index);
		if (!d)
			return NULL;
		index = d->index;
		*n = 0;
	}
	*place = PLACE(index, *n + 1);
	return d;
}

static u32 nr_groups4(const struct netdev *d)
{
	const struct inet_dev *i = addr_inet(d);

	return i && (d->flags & IFF_UP) ? count_groups(i, true) + 1 : 0;
}

bool igmp_show(struct fmt *out, u64 *const place)
{
	struct netdev *d;
	u32 n;

	mutex_lock(&net_config);
	d = next_place(place, nr_groups4, &n);
	if (d)
		show4(out, d, n, count_groups(addr_inet(d), true));
	mutex_unlock(&net_config);
	if (!d)
		return false;
	obj_put(&d);
	return true;
}

/* ---- IPv6 ---- */

/* Flags of a group: the device knows it; routers are never told of it. */
#define MAF_LOADED   4u
#define MAF_NOREPORT 8u

static void show6(struct fmt *out, const struct netdev *d, struct ip_addr a, u32 users)
{
	bool on_link = (a.hi >> 48 & 15) > 1;
	u32 flags = (on_link ? MAF_LOADED : 0) |
		(!on_link || ip_equal(a, ND_ALL_NODES) ? MAF_NOREPORT : 0);

	show_device(out, d);
	fmt_printf(out, "%016lx%016lx %5u %08X 0\n", a.hi, a.lo, users, flags);
}

/* Linux also lists the groups of all nodes (of the link, of this machine), of any device. */
static u32 nr_groups6(const struct netdev *d)
{
	const struct inet_dev *i = addr_inet(d);

	return i && !load_once(d->no_ip6) ? count_groups(i, false) + 2 : 0;
}

bool igmp6_show(struct fmt *out, u64 *const place)
{
	struct inet_group *g = NULL;
	struct netdev *d;
	u32 n, joined;

	mutex_lock(&net_config);
	d = next_place(place, nr_groups6, &n);
	if (d) {
		joined = count_groups(addr_inet(d), false);
		if (n < joined)
			g = group_number(addr_inet(d), false, joined - 1 - n);
		if (g)
			show6(out, d, g->group, g->nr);
		else
			show6(out, d,
				(struct ip_addr){ (n == joined ? 0xff02ul : 0xff01ul) << 48, 1 },
				1);
	}
	mutex_unlock(&net_config);
	if (!d)
		return false;
	obj_put(&g);
	obj_put(&d);
	return true;
}

/* ---- of the link ---- */

static u32 nr_link_groups(const struct netdev *d)
{
	struct link_group *g;
	u32 n = 0;

	list_for_each(g, &d->groups, link)
		n++;
	return n;
}

bool dev_mcast_show(struct fmt *out, u64 *const place)
{
	struct link_group *g;
	struct netdev *d;
	size_t from;
	u32 n, k;

	mutex_lock(&net_config);
	d = next_place(place, nr_link_groups, &n);
	if (d) {
		g = d->groups.first;
		for (k = 0; k < n && g; k++)
			g = g->link.next;
		show_device(out, d);
		from = fmt_len(out);
		fmt_printf(out, "%u", g ? g->nr : 0u);
		pad(out, from, 5);
		fmt_lit(out, LIT(" 0     "));
		for (k = 0; g && k < d->address_len && k < LINK_ADDR_MAX; k++)
			fmt_printf(out, "%02x", g->address[k]);
		fmt_char(out, '\n');
	}
	mutex_unlock(&net_config);
	if (!d)
		return false;
	obj_put(&d);
	return true;
}

/* ---- routes of IPv6 ---- */

/* As of <linux/route.h> and <linux/ipv6_route.h>. */
enum {
	RTF6_UP = 1,
	RTF6_GATEWAY = 2,
	RTF6_REJECT = 0x200,
	RTF6_DEFAULT = 0x10000,
	RTF6_ADDRCONF = 0x40000,
	RTF6_PREFIX = 0x80000,
	RTF6_ANYCAST = 0x100000,
	RTF6_NONEXTHOP = 0x200000,
	RTF6_EXPIRES = 0x400000,
};
#define RTF6_LOCAL 0x80000000u
#define ROUTES6    256u /* in a record */
#define NO_ROUTES6 2u   /* lines at the end: what Linux has in its tables main and local */

static u32 route6_flags(const struct route *r)
{
	u32 flags = RTF6_UP;

	if (!ip_is_zero(r->gateway))
		flags |= RTF6_GATEWAY;
	if (r->expires_ns)
		flags |= RTF6_EXPIRES;
	if (r->protocol == ROUTE_BY_RA)
		flags |= RTF6_ADDRCONF | (r->bits ? RTF6_PREFIX : RTF6_DEFAULT);
	switch (r->kind) {
	case ROUTE_LOCAL:
		return flags | RTF6_LOCAL | RTF6_NONEXTHOP;
	case ROUTE_ANYCAST:
		return flags | RTF6_ANYCAST | RTF6_NONEXTHOP;
	case ROUTE_BLACKHOLE:
	case ROUTE_UNREACHABLE:
	case ROUTE_PROHIBIT:
	case ROUTE_THROW:
		return RTF6_REJECT | RTF6_NONEXTHOP;
	default:
		return flags;
	}
}

static void show_route6(struct fmt *out, const struct route *r)
{
	struct cspan name = r->device ? text_in(r->device->name) : STR("lo");
	size_t n = cspan_len(name);

	fmt_printf(out, "%016lx%016lx %02x %032x %02x %016lx%016lx", r->to.hi, r->to.lo, r->bits,
		0u, 0u, r->gateway.hi, r->gateway.lo);
	fmt_printf(out, " %08x %08x %08x %08x ", r->metric, 1u, 0u, route6_flags(r));
	if (n < 8)
		fmt_fill(out, ' ', 8 - n);
	fmt_span(out, name);
	fmt_char(out, '\n');
}

/*
 * The place is the number of routes before, as on Linux: a change in between may repeat or leave out
 * one. So many routes are in a record that the walks to its place stay few.
 */
bool inet_show_route6(struct fmt *out, u64 *const place)
{
	struct route *r, *next;
	u64 n = 0, shown = 0;

	mutex_lock(&net_config);
	for (r = route_next(NULL); r && shown < ROUTES6; r = next) {
		if (!ip_is4(r->to) && n++ >= *place) {
			show_route6(out, r);
			shown++;
		}
		next = route_next(r);
		obj_put(&r);
		task_cond_resched();
	}
	mutex_unlock(&net_config);
	if (!r && !shown && *place < n + NO_ROUTES6) {
		fmt_printf(out, "%032x 00 %032x 00 %032x ffffffff %08x %08x %08x       lo\n", 0u,
			0u, 0u, 1u, 0u, (u32)(RTF6_NONEXTHOP | RTF6_REJECT));
		shown = 1;
	}
	obj_put(&r);
	*place += shown;
	return shown;
}
