// SPDX-License-Identifier: MPL-2.0
/*
 * What users can make the network keep or search: the numbers of ping sockets, to the very last
 * one, and the packets that wait in a tap device for a program that does not read.
 *
 * All numbers are taken but one, as a user with many sockets could, to see that the search is exact
 * and ends.
 */
#include <uapi/errno.h>
#include <uapi/socket.h>

#include "../net/inet/raw.h"
#include "../net/link/tap.h"
#include "test.h"

/* ---- numbers of ping sockets ---- */

#define NUMBERS 65535u

struct test_pings {
	struct obj obj;
	struct raw_sock *of[NUMBERS + 1]; /* references */
};
OBJ_TYPE_DECL(test_pings);
OBJ_TYPE(test_pings, NULL_RELEASE);

/* All have this socket: it says the family and the options. */
static struct socket *shared;
static struct test_pings *pings;

static struct raw_sock *ping_new(void)
{
	struct raw_sock *rs = obj_new(raw_sock);

	if (rs) {
		rs->inet.socket = shared;
		rs->ping = true;
	}
	return rs;
}

static void ping_end(struct raw_sock **const at)
{
	ping_drop_number(*at);
	obj_put(at);
}

/* All numbers but one; false: one of them was not free, or there is no memory. */
static bool take_all_but(u32 missing)
{
	struct raw_sock *rs;
	u32 i;

	for (i = 1; i <= NUMBERS; i++) {
		if (i == missing)
			continue;
		rs = ping_new();
		*array_at(pings->of, i) = rs;
		if (!rs || ping_take_number(rs, (u16)i))
			return false;
		if (i % 1024 == 0)
			test_step();
	}
	return true;
}

/*
 * With one number free of 65535 the search finds it, and with none it ends. A number that the
 * kernel chose is never shared.
 */
KTEST(ping_numbers_to_the_last)
{
	const u32 missing = 40000;
	struct raw_sock *a, *b;
	u32 i;

	shared = obj_new(socket);
	pings = obj_new(test_pings);
	KTEST_EXPECT(shared && pings);
	if (!shared || !pings)
		return;
	shared->family = AF_INET;
	a = ping_new();
	b = ping_new();
	KTEST_EXPECT(a && b && take_all_but(missing));
	if (a && b) {
		KTEST_EXPECT(ping_take_number(a, 0) == 0 && a->inet.local_port == missing);
		KTEST_EXPECT(ping_take_number(b, 0) == -EADDRINUSE);
		KTEST_EXPECT(ping_take_number(b, 7) == -EADDRINUSE);
		ping_end(&a);
		/* One that the kernel chooses is shared with nobody, even if both permit it. */
		shared->options = OPT_REUSEADDR;
		KTEST_EXPECT(ping_take_number(b, 0) == 0 && b->inet.local_port == missing);
		a = ping_new();
		KTEST_EXPECT(a && ping_take_number(a, 0) == -EADDRINUSE);
		KTEST_EXPECT(a && ping_take_number(a, 7) == 0);
		ping_end(&a);
		ping_end(&b);
	}
	for (i = 1; i <= NUMBERS; i++) {
		if (*array_at(pings->of, i))
			ping_end(array_at(pings->of, i));
	}
	obj_put(&pings);
	obj_put(&shared);
}

/* ---- queues of tap devices ---- */

static const struct netdev_ops no_ops;

static struct packet *packet_of(u32 len)
{
	struct packet *p = packet_new(PACKET_ROOM);

	if (p && packet_add_room(p, len))
		packet_drop(&p);
	return p;
}

/* How many packets of a length the queue takes, up to @most; their bytes are right afterwards. */
static u32 fill(struct tap *t, struct tap_file *tf, u32 len, u32 most)
{
	struct packet *p;
	bool good = true;
	u32 n = 0;

	while (good && n < most) {
		p = packet_of(len);
		spin_lock(&t->lock);
		good = p && tap_enqueue(t, 0, p);
		spin_unlock(&t->lock);
		if (good)
			n++;
		else
			packet_drop(&p);
	}
	KTEST_EXPECT(tf->nr == n && tf->bytes <= TAP_QUEUE_BYTES);
	while ((p = tap_dequeue(t, tf)) != NULL)
		packet_drop(&p);
	KTEST_EXPECT(!tf->nr && !tf->bytes);
	return n;
}

/* By the number of packets, and by bytes where the number was set to be no bound. */
KTEST(tap_queues_are_bounded)
{
	struct tap *t = obj_new(tap);
	struct tap_file *tf = obj_new(tap_file);
	struct netdev *d = t ? netdev_new(&no_ops, &t->obj, LINK_NONE) : NULL;
	u32 n;

	KTEST_EXPECT(t && tf && d);
	if (t && tf && d) {
		t->dev = d;
		t->nr_queues = 1;
		t->files[0] = tf;
		d->txqueuelen = 500;
		KTEST_EXPECT(fill(t, tf, 1500, 1000) == 500);
		d->txqueuelen = ~0u;
		n = fill(t, tf, 60000, 1000);
		KTEST_EXPECT(n >= 100 && n <= TAP_QUEUE_BYTES / 60000);
		t->files[0] = NULL;
	}
	obj_put(&d);
	obj_put(&tf);
	obj_put(&t);
}
