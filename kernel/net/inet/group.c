// SPDX-License-Identifier: MPL-2.0
/*
 * Memberships of sockets in multicast groups (ip(7), ipv6(7)). A socket is in GROUPS_MAX groups at
 * most (igmp_max_memberships), and leaves them when it is closed. A user is in USER_GROUPS_MAX at
 * most with all sockets, so that others can join, too: a device has room for GROUP_MAX groups.
 * mcast.c reports them to routers.
 *
 * Why there are bounds: each group is an entry in the device, and on cards a filter that lets more
 * packets in; each packet to a group asks each socket of its port for its memberships.
 *
 * Locking: net_config for changes; groups.lock (a leaf) for who asks.
 */
#include <frame/sync.h>
#include <kernel/cred.h>
#include <kernel/knobs.h>
#include <kernel/thread.h>
#include <kernel/user_limit.h>

#include "sock.h"

#define GROUPS_MAX      20u
#define USER_GROUPS_MAX 256u

/* By index, not by reference: a device that goes is not held by whoever had joined on it. */
struct membership {
	struct ip_addr group;
	u32 ifindex;
	u32 uid; /* who is charged for it */
};
struct inet_groups {
	struct obj obj;
	struct spinlock lock;
	u32 nr;
	struct membership of[GROUPS_MAX];
};
OBJ_TYPE(inet_groups, NULL_RELEASE);
OBJ_TYPE_DECL(inet_groups);

/* The place of a membership; GROUPS_MAX: there is none. */
static u32 group_place(const struct inet_groups *g, struct ip_addr group, u32 ifindex)
{
	u32 n;

	for (n = 0; n < g->nr && n < GROUPS_MAX; n++) {
		if (ip_equal(g->of[n].group, group) && g->of[n].ifindex == ifindex)
			return n;
	}
	return GROUPS_MAX;
}

/* The device that a group is joined on: by index, by its address, or the route's. A reference. */
static struct netdev *group_device(struct ip_addr group, u32 ifindex, struct ip_addr at)
{
	struct flow f = { .to = group };
	struct netdev *d = NULL;
	struct route *r = NULL;

	if (ifindex)
		return netdev_by_index(ifindex);
	if (!ip_is_any(at))
		return netdev_by_index(addr_find_device(at));
	if (route_output(&f, &r))
		return NULL;
	d = netdev_by_index(r->ifindex);
	obj_put(&r);
	return d;
}

/* An administrator is counted, but has no limit. */
static int group_charge(const struct cred *c)
{
	u64 limit = cred_capable(c, CAP_NET_ADMIN) ? ~0ul : USER_GROUPS_MAX;

	return user_charge(USER_GROUPS, c->uid, 1, limit) ? 0 : -ENOBUFS;
}

/* The order: what can fail comes before the entry. addr_join may send a report later, never now. */
static int group_join_locked(struct inet_groups *g, struct netdev *d, struct ip_addr group)
{
	const struct cred *c = thread_current()->cred;
	int err;

	if (group_place(g, group, d->index) < GROUPS_MAX)
		return -EADDRINUSE;
	if (g->nr >= GROUPS_MAX || (ip_is4(group) && g->nr >= knob_get(KNOB_IGMP_MEMBERSHIPS)))
		return -ENOBUFS;
	err = group_charge(c);
	if (err)
		return err;
	err = addr_join(d, group, false);
	if (err) {
		user_uncharge(USER_GROUPS, c->uid, 1);
		return err;
	}
	spin_lock(&g->lock);
	g->of[g->nr].group = group;
	g->of[g->nr].ifindex = d->index;
	g->of[g->nr].uid = c->uid;
	g->nr++;
	spin_unlock(&g->lock);
	return 0;
}

/*
 * i->groups is made by the first call under net_config and stays until the socket's end: packets
 * load it without a lock.
 */
s64 inet_join(struct inet_sock *i, struct ip_addr group, u32 ifindex, struct ip_addr at)
{
	struct inet_groups *g;
	struct netdev *d;
	int err;

	if (!ip_is_multicast(group))
		return -EINVAL;
	d = group_device(group, ifindex, at);
	if (!d)
		return -ENODEV;
	mutex_lock(&net_config);
	if (!i->groups) {
		g = obj_new(inet_groups);
		if (g)
			store_release(i->groups, &g->obj);
	}
	g = obj_cast(inet_groups, i->groups);
	err = g ? group_join_locked(g, d, group) : -ENOMEM;
	mutex_unlock(&net_config);
	obj_put(&d);
	return err;
}

/* Takes membership @n out; net_config held. */
static void leave_place(struct inet_groups *g, u32 n)
{
	struct membership m = g->of[n];
	struct netdev *d = netdev_by_index(m.ifindex);

	spin_lock(&g->lock);
	g->nr--;
	g->of[n] = g->of[g->nr];
	spin_unlock(&g->lock);
	user_uncharge(USER_GROUPS, m.uid, 1);
	if (d)
		addr_leave(d, m.group);
	obj_put(&d);
}

/* The same device must be found as for the join, so a program names it in both calls alike. */
s64 inet_leave(struct inet_sock *i, struct ip_addr group, u32 ifindex, struct ip_addr at)
{
	struct inet_groups *g;
	struct netdev *d;
	u32 n = GROUPS_MAX;

	if (!ip_is_multicast(group))
		return -EINVAL;
	d = group_device(group, ifindex, at);
	if (!d)
		return -ENODEV;
	mutex_lock(&net_config);
	g = obj_cast(inet_groups, i->groups);
	if (g)
		n = group_place(g, group, d->index);
	if (n < GROUPS_MAX)
		leave_place(g, n);
	mutex_unlock(&net_config);
	obj_put(&d);
	return n < GROUPS_MAX ? 0 : -EADDRNOTAVAIL;
}

/* No device and no address: the route decides again. A bound socket has no other to choose. */
s64 inet_multicast_if(struct inet_sock *i, u32 ifindex, struct ip_addr at)
{
	u32 bound = load_once(i->ifindex);
	struct netdev *d = NULL;

	if (!ifindex && ip_is_any(at)) {
		i->multicast_ifindex = 0;
		i->multicast_from = (struct ip_addr){ 0 };
		return 0;
	}
	d = group_device(ip4_addr(0xe0000001), ifindex, at);
	if (!d)
		return -EADDRNOTAVAIL;
	ifindex = d->index;
	obj_put(&d);
	if (bound && ifindex != bound)
		return -EINVAL;
	i->multicast_ifindex = ifindex;
	i->multicast_from = ip_is_any(at) ? (struct ip_addr){ 0 } : at;
	return 0;
}

/* A number, which is looked at once: a device that goes later makes sends fail, not this call. */
s64 inet_multicast_if6(struct inet_sock *i, u32 ifindex)
{
	u32 bound = load_once(i->ifindex);
	struct netdev *d = ifindex ? netdev_by_index(ifindex) : NULL;

	if (ifindex && !d)
		return -ENODEV;
	obj_put(&d);
	if (ifindex && bound && ifindex != bound)
		return -EINVAL;
	i->multicast_ifindex6 = ifindex;
	return 0;
}

/*
 * The socket is closed: packets may still look at the list, under its lock, and find fewer and
 * fewer.
 */
void inet_leave_all(struct inet_sock *i)
{
	struct inet_groups *g = obj_cast(inet_groups, load_acquire(i->groups));

	if (!g)
		return;
	mutex_lock(&net_config);
	while (g->nr)
		leave_place(g, g->nr - 1);
	mutex_unlock(&net_config);
}

/* A socket that is in no such group gets what others have joined (IP_MULTICAST_ALL). */
bool inet_in_group(const struct inet_sock *i, struct ip_addr group, u32 ifindex)
{
	struct inet_groups *g = obj_cast(inet_groups, load_acquire(i->groups));
	bool found = false;

	if (g) {
		spin_lock(&g->lock);
		found = group_place(g, group, ifindex) < GROUPS_MAX;
		spin_unlock(&g->lock);
	}
	return found || (i->flags & INET_MULTICAST_ALL);
}
