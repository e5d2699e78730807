// SPDX-License-Identifier: MPL-2.0
/*
 * The network's jobs and the table of neighbours (kernel/net/link): a kick runs one job alone, and
 * a flood of neighbours pushes out its own entries, not those that are in use. Groups that sockets
 * have joined leave room for the kernel's own.
 *
 * The device of these tests drops what it is given. Neighbours are learned as if packets had come
 * from them.
 */
#include <kernel/neigh.h>
#include <kernel/netdev.h>
#include <uapi/errno.h>
#include <uapi/if.h>

#include "../net/inet/addr.h"
#include "../net/netlink/netlink.h"
#include "test.h"

/* ---- jobs ---- */

static struct atomic runs[2];

static u64 run_first(u64 now)
{
	(void)now;
	(void)atomic_add(array_at(runs, 0), 1);
	return NO_DEADLINE;
}
static u64 run_second(u64 now)
{
	(void)now;
	(void)atomic_add(array_at(runs, 1), 1);
	return NO_DEADLINE;
}
static const struct net_job first_job = { .run = run_first }, second_job = { .run = run_second };

/* The first is before the second in each turn of the task: when the second has run, it has, too. */
KTEST(net_jobs_run_alone)
{
	u32 first = net_job_register(&first_job), second = net_job_register(&second_job), i;

	net_job_kick(first);
	KTEST_EXPECT(test_until(array_at(runs, 0), 1));
	for (i = 1; i <= 20; i++) {
		net_job_kick(second);
		KTEST_EXPECT(test_until(array_at(runs, 1), i));
	}
	KTEST_EXPECT(atomic_load(array_at(runs, 0)) == 1);
}

/* ---- neighbours ---- */

#define FLOOD 3000u

static const u8 mac[LINK_ADDR_MAX] = { 2, 0, 0, 0, 0, 7 };

int test_drop_packet(struct netdev *d, u32 queue, struct packet *p, bool more)
{
	(void)d;
	(void)queue;
	(void)more;
	packet_drop(&p);
	return 0;
}
static const struct netdev_ops ops = { .xmit = test_drop_packet,
	.push_header = ethernet_push_header };

/* An Ethernet device that is up; what is sent on it is dropped. */
static struct netdev *begin(void)
{
	struct netdev *d = netdev_new(&ops, NULL, LINK_ETHERNET);

	if (!d)
		return NULL;
	d->address[0] = 2;
	if (netdev_register(d, LIT("ktest%d"))) {
		obj_put(&d);
		return NULL;
	}
	mutex_lock(&net_config);
	KTEST_EXPECT(netdev_set_flags(d, IFF_UP, IFF_UP) == 0);
	mutex_unlock(&net_config);
	return d;
}

static int send(struct netdev *d, u32 to, bool gateway)
{
	struct packet *p = packet_new(PACKET_ROOM);

	return p ? neigh_send(d, ip4_addr(to), gateway, p) : -ENOMEM;
}

static u32 state_of(const struct netdev *d, u32 a)
{
	struct neigh_info n;

	return neigh_get(d, ip4_addr(a), &n) ? n.state : 0;
}

/*
 * One that was confirmed and is used, and a gateway, outlive three thousand others that were
 * learned and never used.
 */
KTEST(neighbours_in_use_stay)
{
	const u32 peer = 0x0a620001, gateway = 0x0a620002, unknown = 0x0a620003,
		  others = 0x0a630000;
	struct netdev *d = begin();
	u32 i;

	KTEST_EXPECT(d != NULL);
	if (!d)
		return;
	neigh_learned(d, ip4_addr(peer), &mac, NEIGH_CREATE | NEIGH_SOLICITED);
	neigh_learned(d, ip4_addr(gateway), &mac, NEIGH_CREATE);
	KTEST_EXPECT(state_of(d, peer) == NEIGH_REACHABLE);
	KTEST_EXPECT(send(d, gateway, true) == 0);
	for (i = 0; i < FLOOD; i++) {
		neigh_learned(d, ip4_addr(others + i), &mac, NEIGH_CREATE);
		if (i % 200 == 0)
			KTEST_EXPECT(send(d, peer, false) == 0);
	}
	/* The last of the flood has found room, and so does who was not there. */
	KTEST_EXPECT(state_of(d, others + FLOOD - 1) == NEIGH_STALE);
	KTEST_EXPECT(state_of(d, others) == 0);
	KTEST_EXPECT(send(d, unknown, false) == 0);
	KTEST_EXPECT(state_of(d, unknown) == NEIGH_INCOMPLETE);
	KTEST_EXPECT(state_of(d, peer) == NEIGH_REACHABLE);
	KTEST_EXPECT(state_of(d, gateway) != 0);
	netdev_unregister(d);
	obj_put(&d);
}

/* ---- news of neighbours ---- */

static struct atomic job_held, job_free;

/* Holds up all jobs of the network, the one that tells of neighbours among them. */
static u64 run_holding(u64 now)
{
	(void)now;
	atomic_store(&job_held, 1);
	while (!atomic_load(&job_free))
		task_yield();
	return NO_DEADLINE;
}
static const struct net_job holding_job = { .run = run_holding };

/* A socket that listens to the news of neighbours, with room for all of them; NULL: no memory. */
static struct socket *listener(void)
{
	static const struct socket_ops no_ops = { 0 };
	struct netlink_sock *ns = obj_new(netlink_sock);
	struct socket *s = ns ? socket_new(&no_ops, AF_NETLINK, SOCK_RAW, 0, &ns->obj) : NULL;

	if (!s)
		return NULL;
	s->rcvbuf = 1u << 30;
	ns->socket = s;
	ns->protocol = NETLINK_ROUTE;
	nl_set_groups(ns, bit(RTNLGRP_NEIGH - 1));
	return s;
}

/* While the job is held up, more happens than is noted: listeners learn that something is missing. */
KTEST(news_of_neighbours_are_bounded)
{
	struct netdev *d = begin();
	struct socket *s = listener();
	u32 i;

	KTEST_EXPECT(d && s);
	if (d && s) {
		net_job_kick(net_job_register(&holding_job));
		KTEST_EXPECT(test_until(&job_held, 1));
		for (i = 0; i < FLOOD; i++)
			neigh_learned(d, ip4_addr(0x0a640000 + i), &mac, NEIGH_CREATE);
		atomic_store(&job_free, 1);
		KTEST_EXPECT(test_until(&s->error, ENOBUFS));
		nl_set_groups(obj_cast(netlink_sock, s->proto), 0);
	}
	obj_put(&s);
	if (d)
		netdev_unregister(d);
	obj_put(&d);
}

/* ---- groups ---- */

/* Programs join as many groups as there may be; the kernel's own are beyond that bound. */
KTEST(groups_of_the_kernel_find_room)
{
	const u32 first = 0xe2000000;
	struct netdev *d = begin();
	u32 i, joined = 0;

	KTEST_EXPECT(d != NULL);
	if (!d)
		return;
	mutex_lock(&net_config);
	for (i = 0; i < GROUP_MAX; i++)
		joined += addr_join(d, ip4_addr(first + i), false) == 0;
	KTEST_EXPECT(joined == GROUP_MAX);
	KTEST_EXPECT(addr_join(d, ip4_addr(first + i), false) == -ENOBUFS);
	KTEST_EXPECT(addr_join(d, ip4_addr(first + i), true) == 0);
	for (i = 0; i <= GROUP_MAX; i++)
		addr_leave(d, ip4_addr(first + i));
	mutex_unlock(&net_config);
	netdev_unregister(d);
	obj_put(&d);
}
