// SPDX-License-Identifier: MPL-2.0
/*
 * What an administrator, or a program with CAP_NET_ADMIN, can add to the network without an end:
 * devices, tables of routes, addresses of a device, connections in TIME_WAIT. And what refers to a
 * device that has gone.
 *
 * Each test adds until it is refused, looks at the error, takes everything back, and sees that
 * there is room again.
 */
#include <kernel/netdev.h>
#include <kernel/route.h>
#include <uapi/errno.h>
#include <uapi/if.h>

#include "../net/inet/addr.h"
#include "../net/inet/tcp/tcp.h"
#include "test.h"

static const struct netdev_ops ops = { .xmit = test_drop_packet };

/* A device that is up if @up; NULL: it was refused. */
static struct netdev *make(bool up, int *const err)
{
	struct netdev *d = netdev_new(&ops, NULL, LINK_NONE);

	*err = d ? netdev_register(d, LIT("limit%d.x")) : -ENOMEM;
	if (*err)
		obj_put(&d);
	if (!d || !up)
		return d;
	mutex_lock(&net_config);
	KTEST_EXPECT(netdev_set_flags(d, IFF_UP, IFF_UP) == 0);
	mutex_unlock(&net_config);
	return d;
}

static struct netdev *by_number(u32 n)
{
	u8 text[IFNAMSIZ];
	FMT(f, span_of(text));

	fmt_printf(&f, "limit%u.x", n);
	return netdev_by_name(fmt_text(&f));
}

/* The names are free again, and the first one that is free is taken. */
KTEST(network_devices_are_bounded)
{
	const u32 hole = 77;
	struct netdev *d;
	u32 n = 0, i;
	int err = 0;

	while (n <= NETDEV_MAX && (d = make(false, &err)) != NULL) {
		obj_put(&d);
		n++;
		test_step();
	}
	KTEST_EXPECT(err == -ENFILE && n > hole && n <= NETDEV_MAX);
	d = by_number(hole);
	KTEST_EXPECT(d != NULL);
	if (d)
		netdev_unregister(d);
	obj_put(&d);
	d = make(false, &err);
	KTEST_EXPECT(d && cspan_equal(cspan_first(cspan_of(d->name), 9), STR("limit77.x")));
	obj_put(&d);
	for (i = 0; i < n; i++) {
		d = by_number(i);
		KTEST_EXPECT(d != NULL);
		if (d)
			netdev_unregister(d);
		obj_put(&d);
		test_step();
	}
}

/* ---- routes ---- */

/* The same network each time; only the table differs. */
static struct route *route_in(u32 table)
{
	struct route *r = obj_new(route);

	if (r) {
		r->to = ip4_addr(0x0a000000);
		r->bits = IP4_BITS + 8;
		r->kind = ROUTE_BLACKHOLE;
		r->protocol = ROUTE_BY_STATIC;
		r->table = table;
	}
	return r;
}

static int change(u32 table, bool add)
{
	struct route *r = route_in(table);
	int err = !r ? -ENOMEM : add ? route_add(r, 0) : route_remove(r);

	obj_put(&r);
	return err;
}

#define FIRST_TABLE 0x10000u

/* A table goes with its last route: so many are no problem one after the other. */
KTEST(route_tables_are_bounded)
{
	u32 i, n = 0;
	int err = 0;

	mutex_lock(&net_config);
	for (i = 0; i < 3000 && !err; i++) {
		err = change(FIRST_TABLE + i, true);
		if (!err)
			err = change(FIRST_TABLE + i, false);
	}
	KTEST_EXPECT(!err);
	while (n < 3000 && !(err = change(FIRST_TABLE + n, true)))
		n++;
	KTEST_EXPECT(err == -ENOSPC && n > 500);
	for (i = 0; i < n; i++)
		KTEST_EXPECT(!change(FIRST_TABLE + i, false));
	mutex_unlock(&net_config);
}

/* Of equal routes (NLM_F_APPEND) that one goes which is meant. */
KTEST(equal_routes_are_told_apart)
{
	const u32 append = 0x800; /* NLM_F_APPEND */
	struct route *first = route_in(FIRST_TABLE), *second = route_in(FIRST_TABLE), *at;
	struct route *before = NULL;
	u32 n = 0;

	KTEST_EXPECT(first && second);
	mutex_lock(&net_config);
	if (first && second) {
		second->expires_ns = NO_DEADLINE - 1;
		KTEST_EXPECT(!route_add(first, append) && !route_add(second, append));
		KTEST_EXPECT(!route_remove(second));
		for (at = route_next(NULL); at; at = route_next(before)) {
			n += at == first;
			KTEST_EXPECT(at != second);
			obj_put(&before);
			before = at;
		}
		obj_put(&before);
		KTEST_EXPECT(n == 1 && !route_remove(first));
	}
	mutex_unlock(&net_config);
	obj_put(&first);
	obj_put(&second);
}

/* A dump that stands on a route goes on behind its table, although both have gone. */
KTEST(route_dump_survives_a_table)
{
	struct route *at, *next;
	u32 first = FIRST_TABLE + 1, second = FIRST_TABLE + 2;

	mutex_lock(&net_config);
	KTEST_EXPECT(!change(first, true) && !change(second, true));
	for (at = route_next(NULL); at && at->table != first; at = next) {
		next = route_next(at);
		obj_put(&at);
	}
	KTEST_EXPECT(at != NULL);
	KTEST_EXPECT(!change(first, false));
	next = at ? route_next(at) : NULL;
	KTEST_EXPECT(next && next->table == second);
	obj_put(&next);
	obj_put(&at);
	KTEST_EXPECT(!change(second, false));
	mutex_unlock(&net_config);
}

/* ---- addresses ---- */

#define NETWORKS 100u

/* In a network of 256 addresses, so that two of them share it. */
static struct inet_addr *address(u32 a)
{
	struct inet_addr *new = obj_new(inet_addr);

	if (new) {
		new->addr = ip4_addr(a);
		new->bits = IP4_BITS + 24;
		new->flags = ADDR_PERMANENT;
	}
	return new;
}

/* Those of the device, in all tables. */
static u32 count_routes(const struct netdev *d)
{
	struct route *r, *next;
	u32 n = 0;

	for (r = route_next(NULL); r; r = next) {
		n += r->ifindex == d->index;
		next = route_next(r);
		obj_put(&r);
	}
	return n;
}

/* Two addresses in each of many networks: the first goes, and no other network's routes change. */
KTEST(address_goes_without_the_others)
{
	struct inet_addr *a;
	struct netdev *d;
	u32 i, before;
	u64 changes;
	int err;

	d = make(true, &err);
	KTEST_EXPECT(d != NULL);
	if (!d)
		return;
	mutex_lock(&net_config);
	for (i = 0; i < 2 * NETWORKS; i++) {
		a = address(0x0a640001u + (i / 2 << 8) + i % 2);
		KTEST_EXPECT(a && addr_add(d, a) == 0);
		obj_put(&a);
	}
	before = count_routes(d);
	changes = load_once(route_generation);
	KTEST_EXPECT(addr_remove(d, ip4_addr(0x0a640001)) == 0);
	KTEST_EXPECT(load_once(route_generation) - changes < NETWORKS);
	/* Its own route has gone, not those that the other address of the network needs. */
	KTEST_EXPECT(count_routes(d) == before - 1);
	mutex_unlock(&net_config);
	netdev_unregister(d);
	obj_put(&d);
}

/* A route keeps its device, and the device's own routes do not keep it for ever. */
KTEST(route_holds_its_device)
{
	struct route *r;
	struct netdev *d;
	u32 index, refs;
	int err;

	d = make(true, &err);
	KTEST_EXPECT(d != NULL);
	if (!d)
		return;
	index = d->index;
	r = addr_on_link(index);
	KTEST_EXPECT(r && r->device == d);
	refs = obj_refs(d);
	netdev_unregister(d);
	/* The list's reference and those of three routes have gone; r and this test have two. */
	KTEST_EXPECT(refs > 2 && obj_refs(d) == 2);
	KTEST_EXPECT(addr_on_link(index) == NULL);
	obj_put(&r);
	KTEST_EXPECT(obj_refs(d) == 1);
	obj_put(&d);
}

/* ---- TIME_WAIT ---- */

#define ENDED 50u

static struct tcp_sock *ended;
static u32 still_there;

/* How many of the ended connections are still remembered. */
static u32 count_ended(void)
{
	struct tcp_timewait *tw;
	struct tcp_key k;
	u32 i, n = 0;

	for (i = 0; i < ENDED; i++) {
		ended->inet.peer_port = (u16)(1 + i);
		k = tcp_key_of(ended);
		tw = tcp_timewait_find(&k);
		n += tw != NULL;
		obj_put(&tw);
	}
	return n;
}

static void look(void)
{
	still_there = count_ended();
}

static void end_all(void)
{
	tcp_timewait_expire(TCP_ALL_TIMES);
}

/* Others run before all have ended, however many there are. */
KTEST(timewait_ends_in_portions)
{
	u32 i;

	ended = obj_new(tcp_sock);
	KTEST_EXPECT(ended != NULL);
	if (!ended)
		return;
	ended->state = TCP_CLOSE; /* there is no connection to take apart */
	ended->family = AF_INET;
	ended->inet.local = ended->inet.peer = ip4_addr(0x0a650001);
	ended->inet.local_port = 9;
	for (i = 0; i < ENDED; i++) {
		ended->inet.peer_port = (u16)(1 + i);
		tcp_timewait_start(ended);
	}
	KTEST_EXPECT(count_ended() == ENDED);
	KTEST_EXPECT(test_meanwhile(end_all, look));
	KTEST_EXPECT(still_there && still_there < ENDED);
	KTEST_EXPECT(count_ended() == 0);
	obj_put(&ended);
}
