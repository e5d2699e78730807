// SPDX-License-Identifier: MPL-2.0
/*
 * Multicast groups of interfaces: which ones a device is in, how many sockets have joined each, and
 * when a router's question about one is answered. What is reported to routers is mcast.c's. Changes
 * hold net_config; addr_lock (addr.c) guards the list of a device against readers.
 *
 * A group is on the list from the first who joins until the last has left and routers know it
 * (mcast.c): nr is 0 in between. Groups that the kernel joins for itself (own) do not count against
 * GROUP_MAX, so users cannot keep a device from having addresses.
 */
#include <frame/sync.h>
#include <frame/time.h>
#include <kernel/neigh.h>
#include <kernel/random.h>

#include "nd.h"

OBJ_TYPE(inet_group, NULL_RELEASE);

static struct inet_group *inet_group_find(const struct inet_dev *i, struct ip_addr group)
{
	struct inet_group *g;

	list_for_each(g, &i->groups, link) {
		if (ip_equal(g->group, group))
			return g;
	}
	return NULL;
}

/*
 * The card's filter works on link addresses, and several groups may share one; netdev_join counts
 * them.
 */
void addr_set_link_group(struct netdev *d, struct ip_addr group, bool on)
{
	u8 address[LINK_ADDR_MAX] = { 0 };
	int err = 0;

	if (!d->ops->push_header || !neigh_group_address(group, &address))
		return;
	if (!ip_is4(group) && (group.hi >> 48 & 15) < 2)
		return; /* of this machine alone: nothing comes from the link */
	if (on)
		err = netdev_join(d, &address);
	else
		netdev_leave(d, &address);
	(void)err; /* without memory for it the driver does not know */
}

/*
 * @own: for the kernel. A group that is being left is taken back as it is, and reported once more.
 */
int addr_join(struct netdev *d, struct ip_addr group, bool own)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_group *g = i ? inet_group_find(i, group) : NULL;

	if (!i)
		return -ENODEV;
	if (g) {
		/* Nobody was in it any more: it is joined anew. */
		if (!g->nr++)
			(void)mcast_changed(d, g);
		return 0;
	}
	if (!own && i->nr_groups >= GROUP_MAX)
		return -ENOBUFS;
	g = obj_new(inet_group);
	if (!g)
		return -ENOMEM;
	g->group = group;
	g->nr = 1;
	g->counted = !own;
	spin_lock(&addr_lock);
	list_push_back(&i->groups, g, link);
	i->nr_groups += g->counted;
	spin_unlock(&addr_lock);
	addr_set_link_group(d, group, true);
	(void)mcast_changed(d, g);
	return 0;
}

void addr_leave(struct netdev *d, struct ip_addr group)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_group *g = i ? inet_group_find(i, group) : NULL;

	if (!g || !g->nr || --g->nr)
		return;
	if (!mcast_changed(d, g))
		addr_forget_group(d, g);
}

void addr_forget_group(struct netdev *d, struct inet_group *g)
{
	struct inet_dev *i = addr_inet(d);

	spin_lock(&addr_lock);
	list_remove(&i->groups, g, link);
	i->nr_groups -= g->counted;
	spin_unlock(&addr_lock);
	addr_set_link_group(d, g->group, false);
	obj_put(&g);
}

/*
 * A query with a delay of 0 must not make this machine answer each of a stranger's packets with
 * many at once: what is due already stays due, and that is never at once.
 */
#define ANSWER_LEAST_NS (50 * NSEC_PER_MSEC)

static u64 answer_time(u64 most)
{
	return time_mono_ns() + max(most ? random_u64() % most : 0, ANSWER_LEAST_NS);
}

/*
 * Only times are set: the job sends, with net_config, which a packet's task must not take; and the
 * answers go at random times. @together: one report for all groups of the device.
 */
void addr_query_groups(struct netdev *d, bool ip4, struct ip_addr group, u64 most, bool together)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_group *g;
	u64 at = answer_time(most);

	spin_lock(&addr_lock);
	list_for_each(g, &i->groups, link) {
		if (ip_is4(g->group) != ip4 || (!ip_is_any(group) && !ip_equal(g->group, group)))
			continue;
		if (!together)
			at = answer_time(most);
		if (!g->answer_due_ns || at < g->answer_due_ns)
			g->answer_due_ns = at;
	}
	spin_unlock(&addr_lock);
}

u64 addr_group_answer(struct inet_group *g, u64 now)
{
	u64 at;

	spin_lock(&addr_lock);
	at = g->answer_due_ns;
	if (at <= now)
		g->answer_due_ns = 0;
	spin_unlock(&addr_lock);
	return at;
}

/* All hosts of a link (224.0.0.1, ff02::1) are always meant. */
bool addr_joined(const struct netdev *d, struct ip_addr group)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_group *g;
	bool found;

	if (ip_is4(group) ? ip4_bits(group) == 0xe0000001u
			  : (group.hi | 0x0003ul << 48) == 0xff03ul << 48 && group.lo == 1)
		return true;
	if (!i)
		return false;
	spin_lock(&addr_lock);
	g = inet_group_find(i, group);
	found = g && g->nr;
	spin_unlock(&addr_lock);
	return found;
}
