// SPDX-License-Identifier: MPL-2.0
/*
 * What programs can make many of by sockets, and what that costs others: filters and their steps,
 * the lists of all sockets, fan-out groups, and link groups of packet sockets.
 *
 * Sockets are made as objects, without descriptors or programs, so that there can be very many.
 */
#include <frame/errno.h>
#include <frame/page.h>
#include <kernel/bpf.h>
#include <kernel/netdev.h>
#include <kernel/packet.h>
#include <kernel/socket.h>
#include <kernel/user_limit.h>
#include <uapi/if.h>

#include "../net/afpacket/afpacket.h"
#include "test.h"

/* A program of @n instructions that keeps everything. NULL: no memory. */
static struct bpf_prog *program(u32 n)
{
	struct bpf_insn load = { .code = BPF_LD | BPF_IMM, .k = 1 };
	struct bpf_insn keep = { .code = BPF_RET | BPF_K, .k = FILTER_ALL };
	struct buf *code = buf_alloc(n * sizeof(struct bpf_insn));
	struct bpf_prog *p = NULL;
	bool good = true;
	u32 i;

	for (i = 0; code && i + 1 < n; i++)
		good = good && span_write(buf_span(code), i * sizeof(load), &load);
	KTEST_EXPECT(good && code && span_write(buf_span(code), i * sizeof(keep), &keep));
	if (code)
		KTEST_EXPECT(bpf_prog_new(&code, 0, &p) == 0);
	return p;
}

#define NOBODYS_UID 250u

/* The uid is nobody's on this machine, so no other charge interferes. */
static u64 charged(void)
{
	return user_charge_always(USER_FILTERS, NOBODYS_UID, 0);
}

/*
 * To the user whose limit it is: the second program is refused and leaves the charge alone. The
 * charge goes with the program.
 */
KTEST(filters_are_charged)
{
	struct bpf_prog *a = program(4096), *b = program(4096);
	u64 before = charged(), one;

	KTEST_EXPECT(a && b);
	if (a && b) {
		KTEST_EXPECT(bpf_prog_charge(a, NOBODYS_UID, before + (1u << 20)));
		one = charged() - before;
		KTEST_EXPECT(one >= 4096 * sizeof(struct bpf_insn));
		KTEST_EXPECT(!bpf_prog_charge(b, NOBODYS_UID, before + one + 1));
		KTEST_EXPECT(charged() == before + one);
	}
	obj_put(&b);
	KTEST_EXPECT(!a || charged() > before);
	obj_put(&a);
	KTEST_EXPECT(charged() == before);
}

/* Filters of many receivers of one packet: from some number of steps on they keep nothing. */
KTEST(filters_of_one_packet_are_bounded)
{
	static const struct socket_ops ops = { 0 };
	struct socket *s = socket_new(&ops, AF_UNIX, SOCK_DGRAM, 0, NULL);
	struct packet *p = packet_new(PACKET_ROOM);
	struct bpf_prog *prog = program(4096);
	u32 steps = 0, kept = 0, i;

	KTEST_EXPECT(s && p && prog);
	if (s && p && prog) {
		s->filter = prog;
		prog = NULL;
		for (i = 0; i < 200; i++)
			kept += socket_filter_packet(s, p, &steps) == FILTER_ALL;
		KTEST_EXPECT(kept == FILTER_STEPS / 4096 && steps == FILTER_STEPS);
		KTEST_EXPECT(socket_filter_packet(s, p, NULL) == FILTER_ALL);
	}
	obj_put(&prog);
	obj_put(&s);
	if (p)
		packet_drop(&p);
}

/* ---- the lists of all sockets ---- */

#define SOCKETS 700u
#define WALKS   24u                  /* more than a list has marks */
static struct socket *made[SOCKETS]; /* references */
static u32 met[WALKS][SOCKETS];

static u32 index_of(const struct socket *s)
{
	u32 i = 0;

	while (i < SOCKETS && *array_at(made, i) != s)
		i++;
	return i;
}

/* One step of a walk. False: it has ended. Other sockets of the machine are passed by. */
static bool walk_step(u32 walk, u64 *const at)
{
	struct socket *s = socket_list_next(SOCKETS_RAW, *at);
	u32 i;

	if (!s)
		return false;
	KTEST_EXPECT(s->all_id > *at);
	*at = s->all_id;
	i = index_of(s);
	if (i < SOCKETS)
		*array_at(*array_at(met, walk), i) += 1;
	/* Walks stand on sockets that leave the list: every third one does, when the first is met. */
	if (i < SOCKETS && i % 3 == 1)
		socket_list_remove(s);
	obj_put(&s);
	return true;
}

/*
 * Many walks over one list at different speeds, while sockets that they stand on leave it. Each
 * that stays is met once by each walk, each that leaves at most once.
 */
KTEST(walks_over_sockets_meet_each_once)
{
	static const struct socket_ops ops = { 0 };
	u32 before = socket_list_count(SOCKETS_RAW, AF_INET), i, w, n;
	u64 at[WALKS] = { 0 };
	bool ended[WALKS] = { 0 };

	for (i = 0; i < SOCKETS; i++) {
		struct socket *s = socket_new(&ops, AF_INET, SOCK_RAW, 0, NULL);
		*array_at(made, i) = s;
		KTEST_EXPECT(s != NULL);
		if (s)
			socket_list_add(SOCKETS_RAW, s);
		for (w = 0; w < WALKS; w++)
			*array_at(*array_at(met, w), i) = 0;
	}
	KTEST_EXPECT(socket_list_count(SOCKETS_RAW, AF_INET) == before + SOCKETS);
	/* All walks are under way together, at different speeds. */
	for (n = 1; n; test_step()) {
		n = 0;
		for (w = 0; w < WALKS; w++) {
			for (i = 0; i <= w && !*array_at(ended, w); i++)
				*array_at(ended, w) = !walk_step(w, array_at(at, w));
			n += !*array_at(ended, w);
		}
	}
	for (w = 0; w < WALKS; w++) {
		for (i = 0; i < SOCKETS; i++) {
			n = *array_at(*array_at(met, w), i);
			KTEST_EXPECT(i % 3 == 1 ? n <= 1 : n == 1);
		}
		test_step();
	}
	for (i = 0; i < SOCKETS; i++)
		obj_put(array_at(made, i));
	KTEST_EXPECT(socket_list_count(SOCKETS_RAW, AF_INET) == before);
}

/* ---- AF_PACKET ---- */

#define FANOUT_GROUPS 256u

/* By the last one the numbers are out: -ENOSPC. A group that was left makes room. */
KTEST(fanout_groups_are_bounded)
{
	struct fanout_args unique = { .flags = PACKET_FANOUT_FLAG_UNIQUEID };
	static struct packet_sock *socks[FANOUT_GROUPS + 1];
	u32 i, n = 0;
	s64 err = 0;

	for (i = 0; i < ARRAY_LEN(socks); i++) {
		struct packet_sock *ps = obj_new(packet_sock);
		*array_at(socks, i) = ps;
		KTEST_EXPECT(ps != NULL);
		if (!ps)
			continue;
		ps->protocol = 3;
		err = packet_fanout_join(ps, &unique);
		n += !err;
	}
	KTEST_EXPECT(err == -ENOSPC && n && n <= FANOUT_GROUPS);
	mutex_lock(&net_config);
	for (i = 0; i < ARRAY_LEN(socks); i++) {
		if (*array_at(socks, i))
			packet_fanout_leave(*array_at(socks, i));
	}
	mutex_unlock(&net_config);
	if (socks[0]) {
		KTEST_EXPECT(packet_fanout_join(socks[0], &unique) == 0);
		mutex_lock(&net_config);
		packet_fanout_leave(socks[0]);
		mutex_unlock(&net_config);
	}
	for (i = 0; i < ARRAY_LEN(socks); i++)
		obj_put(array_at(socks, i));
}

#define LINK_GROUPS 1024u

static const struct netdev_ops device_ops = { .xmit = test_drop_packet };

/* Of all sockets on one device together. When they part, the device is in no group any more. */
KTEST(link_groups_of_packet_sockets_are_bounded)
{
	struct packet_mreq m = { .type = PACKET_MR_MULTICAST, .alen = 6, .address = { 3 } };
	struct packet_sock *socks[LINK_GROUPS / MEMBERS_MAX + 1] = { NULL };
	struct netdev *d = netdev_new(&device_ops, NULL, LINK_NONE);
	u32 i, n;

	KTEST_EXPECT(d && netdev_register(d, LIT("member%d")) == 0);
	if (!d)
		return;
	d->address_len = 6;
	m.ifindex = (s32)d->index;
	for (i = 0; i < ARRAY_LEN(socks); i++)
		*array_at(socks, i) = obj_new(packet_sock);
	for (n = 0; n <= LINK_GROUPS; n++) {
		struct packet_sock *ps = *array_at(socks, n / MEMBERS_MAX);
		m.address[4] = (u8)(n >> 8);
		m.address[5] = (u8)n;
		KTEST_EXPECT(ps && packet_join(ps, &m) == (n < LINK_GROUPS ? 0 : -ENOBUFS));
		test_step();
	}
	mutex_lock(&net_config);
	for (i = 0; i < ARRAY_LEN(socks); i++) {
		if (*array_at(socks, i))
			packet_part_all(*array_at(socks, i), 0);
	}
	KTEST_EXPECT(!d->groups.first || d->nr_packet_groups == 0);
	mutex_unlock(&net_config);
	for (i = 0; i < ARRAY_LEN(socks); i++)
		obj_put(array_at(socks, i));
	netdev_unregister(d);
	obj_put(&d);
}
