// SPDX-License-Identifier: MPL-2.0
/*
 * Neighbours: the states of an entry, and what packets, answers, time and users change in them.
 * Here are a question when nothing is known, the queue of packets that wait for the answer, and the
 * first packet to a neighbour that was not heard of lately (STALE), which starts the check.
 *
 *	(none), FAILED --packet--> INCOMPLETE --answer--> REACHABLE --30 s--> STALE
 *	STALE --packet--> DELAY --5 s--> PROBE --answer--> REACHABLE
 *	PROBE, INCOMPLETE --3 s--> FAILED
 *
 * The network's job does what is due. It looks at all entries, under neigh_table_lock, so it must
 * not run for each packet of a stranger: times are rounded up to TICK_NS, the job says in job_due_ns
 * when it will run next, and it is kicked only for what is due before. Before it looks at the
 * entries it stores NO_DEADLINE there: whoever sets a time after the job has looked at the entry
 * finds that, or the job's result, and kicks. A full barrier stands between the two accesses of
 * both, so one of the two sees what the other has stored.
 *
 * Locking: neigh.lock, inside of neigh_table_lock (neigh.c) where an entry goes. Questions and
 * packets are sent without either.
 */
#include <frame/time.h>
#include <frame/wait.h>
#include <kernel/random.h>
#include <uapi/errno.h>

#include "neigh_table.h"

#define THRESHOLD1    128u /* fewer are kept for ever */
#define TICK_NS       (NSEC_PER_SEC / 10)
#define REACHABLE_NS  (30 * NSEC_PER_SEC)
#define RETRANS_NS    NSEC_PER_SEC
#define DELAY_NS      (5 * NSEC_PER_SEC)
#define STALE_NS      (60 * NSEC_PER_SEC)
#define LOCK_NS       NSEC_PER_SEC
#define PROBES        3u
#define WAITING_BYTES 212992u     /* of one entry */
#define WAITING_ALL   (8ul << 20) /* of all: packets that are forwarded are in nobody's account */

static u32 job_number;
static u64 job_due_ns; /* when the job will run by itself */

/* The job must know when something of the entry is due. Its lock is not held. */
static void neigh_kick(const struct neigh *n)
{
	memory_barrier();
	if (load_once(n->due_ns) < load_once(job_due_ns))
		net_job_kick(job_number);
}

/*
 * The entry's lock is held. @after: when something is due; 0: never. Then the caller kicks the job.
 */
static void set_state(struct neigh *n, u32 state, u64 after)
{
	u64 now = time_mono_ns();

	if (n->state != state)
		n->changed_ns = now;
	store_release(n->state, state);
	store_once(n->since_ns, now);
	store_once(n->due_ns, after ? round_up(now + after, TICK_NS) : NO_DEADLINE);
	neigh_note_state(n);
}

/* Reachable for a time that differs, so that machines do not ask all at once (RFC 4861, 6.3.2). */
static u64 reachable_time(void)
{
	return REACHABLE_NS / 2 + random_u64() % REACHABLE_NS;
}

static struct atomic all_waiting; /* bytes */

struct packet *neigh_first_waiting(struct neigh *n)
{
	struct packet *p = list_first(&n->waiting);

	if (p) {
		list_remove(&n->waiting, p, link);
		n->nr_waiting--;
		n->bytes_waiting -= packet_memory(p);
		(void)atomic_sub(&all_waiting, packet_memory(p));
	}
	return p;
}

/*
 * Puts the packet behind those that wait; returns the one that must go for it, perhaps itself. The
 * lock is held. The oldest goes, as on Linux.
 */
static struct packet *wait_answer(struct neigh *n, struct packet *p)
{
	list_push_back(&n->waiting, p, link);
	n->nr_waiting++;
	n->bytes_waiting += packet_memory(p);
	(void)atomic_add(&all_waiting, packet_memory(p));
	return n->nr_waiting > NEIGH_WAITING || n->bytes_waiting > WAITING_BYTES ||
			atomic_load(&all_waiting) > WAITING_ALL
		? neigh_first_waiting(n)
		: NULL;
}

static struct packet *take_waiting(struct neigh *n)
{
	struct packet *p;

	spin_lock(&n->lock);
	p = neigh_first_waiting(n);
	spin_unlock(&n->lock);
	return p;
}

/* The address is known: what has waited goes. */
static void send_waiting(struct neigh *n, u64 link)
{
	struct packet *p;
	u32 i;
	int err;

	for (i = 0; i < 2 * NEIGH_WAITING && (p = take_waiting(n)) != NULL; i++) {
		err = neigh_send_to(n->dev, p, link);
		(void)err; /* counted by the device */
	}
}

static void ask(struct neigh *n, u64 link, bool unicast)
{
	const struct neigh_protocol *proto = neigh_table_of(n->addr)->protocol;
	u8 address[LINK_ADDR_MAX];

	if (!proto)
		return;
	neigh_word_link(link, &address);
	if (unicast)
		proto->solicit(n->dev, n->addr, &address);
	else
		proto->solicit(n->dev, n->addr, NULL);
}

/*
 * A neighbour in STALE is believed for this packet and checked afterwards (DELAY): most are still
 * there. For one without an address the packet waits and a question goes, once; further packets
 * only wait. All is decided under the entry's lock, and sent without it.
 */
int neigh_send_slowly(struct netdev *d, struct ip_addr to, bool gateway, struct packet *p)
{
	struct neigh *n = neigh_find_or_make(d, to);
	struct packet *old = NULL;
	bool question = false;
	u64 link;
	int err = 0;

	if (!n) {
		packet_drop(&p);
		return -ENOBUFS;
	}
	spin_lock(&n->lock);
	link = n->link;
	if (gateway)
		store_once(n->gateway, true);
	if (n->gone) {
		old = p;
		p = NULL;
		err = -ENOBUFS;
	} else if (n->state & NEIGH_VALID) {
		store_once(n->used, true);
		if (n->state == NEIGH_STALE)
			set_state(n, NEIGH_DELAY, DELAY_NS);
	} else {
		question = n->state != NEIGH_INCOMPLETE;
		if (question) {
			n->probes = 1;
			set_state(n, NEIGH_INCOMPLETE, RETRANS_NS);
		}
		old = wait_answer(n, p);
		p = NULL;
	}
	spin_unlock(&n->lock);
	packet_drop(&old);
	if (p)
		err = neigh_send_to(d, p, link);
	if (question)
		ask(n, 0, false);
	neigh_kick(n);
	obj_put(&n);
	return err;
}

/*
 * An answer without an address, or a protocol that saw the neighbour's reply: the address that is
 * known is good.
 */
void neigh_confirm(struct netdev *d, struct ip_addr to)
{
	struct neigh *n = neigh_find(d, to);

	if (!n)
		return;
	spin_lock(&n->lock);
	if (n->state & (NEIGH_REACHABLE | NEIGH_STALE | NEIGH_DELAY | NEIGH_PROBE))
		set_state(n, NEIGH_REACHABLE, reachable_time());
	spin_unlock(&n->lock);
	neigh_kick(n);
	obj_put(&n);
}

/*
 * What an answer or an advertisement changes (RFC 4861, 7.2.5 and appendix C). The lock is held.
 * Returns whether packets that wait can go. Of several answers to one question the first counts, as
 * on Linux (locktime): an address that has just been set is not replaced by NEIGH_LATER.
 */
static bool learn(struct neigh *n, u64 link, u32 how)
{
	bool had = n->state & NEIGH_VALID, other = !had || n->link != link;

	if (n->gone || n->state & (NEIGH_PERMANENT | NEIGH_NOARP))
		return false;
	if (had && other && (how & NEIGH_LATER)) {
		if (time_mono_ns() < n->changed_ns + LOCK_NS)
			return false;
	} else if (had && other && !(how & NEIGH_OVERRIDE)) {
		if (n->state == NEIGH_REACHABLE)
			set_state(n, NEIGH_STALE, STALE_NS);
		return false;
	}
	if (other) {
		store_once(n->link, link);
		n->changed_ns = time_mono_ns();
	}
	if (!had && n->waiting.first)
		store_once(n->used, true);
	n->router = how & NEIGH_ROUTER;
	if (how & NEIGH_SOLICITED)
		set_state(n, NEIGH_REACHABLE, reachable_time());
	else if (other)
		set_state(n, NEIGH_STALE, STALE_NS);
	return !had;
}

/*
 * From ARP and neighbour discovery, in netdev_run. With NEIGH_CREATE an entry may be made for who
 * asks; all else only changes what is there. Packets that have waited go when the lock is dropped.
 */
void neigh_learned(struct netdev *d, struct ip_addr to, const u8 (*address)[LINK_ADDR_MAX], u32 how)
{
	struct neigh *n = how & NEIGH_CREATE ? neigh_find_or_make(d, to) : neigh_find(d, to);
	u64 link = neigh_link_word(address);
	u64 was;
	bool send;

	if (!n)
		return;
	spin_lock(&n->lock);
	was = n->link;
	send = learn(n, link, how);
	if (n->link != was)
		neigh_note(n);
	spin_unlock(&n->lock);
	if (send)
		send_waiting(n, link);
	neigh_kick(n);
	obj_put(&n);
}

/*
 * By hand (ip neigh, arp). Also a state in which the entry stays for ever (PERMANENT), and which no
 * answer changes.
 */
int neigh_set(struct netdev *d, struct ip_addr to, const u8 (*address)[LINK_ADDR_MAX], u32 state)
{
	struct neigh *n = neigh_find_or_make(d, to);
	u64 link = neigh_link_word(address);

	if (!n)
		return -ENOBUFS;
	spin_lock(&n->lock);
	if (n->link != link)
		neigh_note(n);
	store_once(n->link, link);
	n->changed_ns = time_mono_ns();
	set_state(n, state,
		state == NEIGH_REACHABLE       ? reachable_time()
			: state == NEIGH_STALE ? STALE_NS
					       : 0);
	spin_unlock(&n->lock);
	send_waiting(n, link);
	neigh_kick(n);
	obj_put(&n);
	return 0;
}

/* ---- what is due ---- */

#define DUE_MAX 32u
static struct neigh *due[DUE_MAX]; /* references; the job's alone */

/* Tells the senders of packets that wait that nobody answers. */
static void fail(struct neigh *n)
{
	const struct neigh_protocol *proto = neigh_table_of(n->addr)->protocol;
	struct packet *p;
	u32 i;

	for (i = 0; i < 2 * NEIGH_WAITING && (p = take_waiting(n)) != NULL; i++) {
		p->dev = n->dev;
		if (proto)
			proto->failed(p);
		packet_drop(&p);
	}
}

enum neigh_action { NEIGH_NOTHING, NEIGH_ASK_ALL, NEIGH_ASK_ONE, NEIGH_FAIL, NEIGH_DROP };

/* The next state of an entry at whose time something is due. The lock is held. */
static enum neigh_action neigh_advance(struct neigh *n)
{
	switch (n->state) {
	case NEIGH_REACHABLE:
		set_state(n, NEIGH_STALE, STALE_NS);
		return NEIGH_NOTHING;
	case NEIGH_DELAY:
		n->probes = 1;
		set_state(n, NEIGH_PROBE, RETRANS_NS);
		return NEIGH_ASK_ONE;
	case NEIGH_INCOMPLETE:
	case NEIGH_PROBE:
		if (n->probes >= PROBES) {
			set_state(n, NEIGH_FAILED, STALE_NS);
			return NEIGH_FAIL;
		}
		n->probes++;
		set_state(n, n->state, RETRANS_NS);
		return n->state == NEIGH_PROBE ? NEIGH_ASK_ONE : NEIGH_ASK_ALL;
	default:
		/* STALE and FAILED: few enough are kept. */
		store_once(n->due_ns, round_up(time_mono_ns() + STALE_NS, TICK_NS));
		return NEIGH_DROP;
	}
}

/*
 * Under the entry's lock only the next state is chosen. A question, and the errors for packets that
 * waited, are sent without it. An entry is taken out only if the table has more than THRESHOLD1 and
 * it is still in a state that nobody needs: both are looked at under the table's lock.
 */
static void do_due(struct neigh *n, u64 now)
{
	enum neigh_action what = NEIGH_NOTHING;
	struct neigh *old = NULL;
	u64 link;

	spin_lock(&n->lock);
	if (!n->gone && n->due_ns <= now)
		what = neigh_advance(n);
	link = n->link;
	spin_unlock(&n->lock);
	if (what == NEIGH_ASK_ALL || what == NEIGH_ASK_ONE)
		ask(n, link, what == NEIGH_ASK_ONE);
	else if (what == NEIGH_FAIL)
		fail(n);
	if (what != NEIGH_DROP)
		return;
	spin_lock(&neigh_table_lock);
	if (neigh_table_of(n->addr)->nr > THRESHOLD1 &&
		neigh_find_locked(n->addr, n->ifindex) == n &&
		load_once(n->state) & (NEIGH_STALE | NEIGH_FAILED)) {
		neigh_unlink(n);
		old = n;
	}
	spin_unlock(&neigh_table_lock);
	obj_put(&old);
}

/* References to entries that are due; *@next: when the first other one is. Returns how many. */
static u32 take_due(u64 now, u64 *const next)
{
	struct neigh *n;
	u32 i, nr = 0;

	*next = NO_DEADLINE;
	spin_lock(&neigh_table_lock);
	for (i = 0; i < ARRAY_LEN(neigh_tables); i++) {
		list_for_each(n, &neigh_tables[i].all, all) {
			u64 at = load_once(n->due_ns);
			if (at <= now && nr < DUE_MAX)
				*array_at(due, nr++) = obj_get(n);
			else
				*next = min(*next, at);
		}
	}
	spin_unlock(&neigh_table_lock);
	return nr;
}

static u64 neigh_run(u64 now)
{
	u64 next;
	u32 nr, i;

	store_once(job_due_ns, NO_DEADLINE);
	memory_barrier();
	nr = take_due(now, &next);
	for (i = 0; i < nr; i++) {
		do_due(*array_at(due, i), now);
		obj_put(array_at(due, i));
	}
	next = nr ? now : next;
	store_once(job_due_ns, next);
	return next;
}
static const struct net_job neigh_job = { .run = neigh_run };

void neigh_state_init(void)
{
	job_due_ns = NO_DEADLINE;
	job_number = net_job_register(&neigh_job);
}
