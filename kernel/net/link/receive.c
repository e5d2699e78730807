// SPDX-License-Identifier: MPL-2.0
/*
 * The way in (kernel/netdev.h): packets wait in the backlog of a CPU, and go to the protocols.
 *
 * A backlog has a lock, a leaf, a list, and the flag `running`. netdev_receive appends. netdev_run
 * sets running under the lock, takes packet after packet off the list under it, the first one at
 * once, and delivers each without it, until the list is empty, and clears running under the lock: a packet that is appended
 * meanwhile is seen by this run or by the next. After RUN_BUDGET packets or RUN_NS the rest is left
 * to the task of net_task_run, which gives way between its runs.
 *
 * A backlog belongs to a CPU, but it may be run by a task on another one: cpu_id() is only where
 * one begins. Packets of one flow stay in order as long as their senders stay on a CPU, since a
 * backlog is run by one task at a time.
 *
 * Bounds: netdev_max_backlog packets and NETDEV_BACKLOG_BYTES a CPU; what comes beyond is dropped
 * and counted (rx_dropped). A sender that fills the backlog of its own CPU delivers the packets
 * itself when it calls netdev_run, up to the budget, so it pays for them.
 */
#include <frame/boot.h>
#include <frame/cpu.h>
#include <frame/fmt.h>
#include <frame/task.h>
#include <frame/time.h>
#include <frame/wait.h>
#include <kernel/clock.h>

#include "above.h"

#define RUN_BUDGET 256u
#define RUN_LOOK   8u /* at the clock, after so many packets */
#define RUN_NS     (5 * NSEC_PER_MSEC)

#define NR_PROTOCOLS 8
static const struct packet_protocol *protocols[NR_PROTOCOLS];

/* Registrations come at boot, by one CPU. */
void packet_protocol_register(const struct packet_protocol *proto)
{
	u32 i;

	for (i = 0; i < NR_PROTOCOLS; i++) {
		if (!protocols[i]) {
			protocols[i] = proto;
			return;
		}
	}
	kernel_panic("too many network protocols");
}

static struct backlog {
	struct spinlock lock;
	LIST_HEAD(packet) packets; /* lock */
	u32 nr, bytes;             /* lock */
	bool running;              /* lock: a task delivers them */
	u32 taken, done;           /* lock: taken off the list, and delivered, since start-up */
	u32 dropped;               /* lock: it was full */
} backlogs[MAX_CPUS];
static struct waitq net_task_wait;
u32 netdev_max_backlog = 1000;

/*
 * Any lock may be held that comes before a backlog's; nothing is called back. The device may be
 * gone: seen under the lock, so that after netdev_wait_backlogs nothing of it is left.
 */
void netdev_receive(struct netdev *d, struct packet *p)
{
	struct backlog *const b = array_at(backlogs, cpu_id());
	struct netdev_stats *const stats = array_at(d->stats, cpu_id());

	p->dev = d;
	if (unlikely(load_once(packet_stamps)))
		p->time_ns = clock_realtime_ns();
	spin_lock(&b->lock);
	if (unlikely(b->nr >= load_once(netdev_max_backlog) || b->bytes >= NETDEV_BACKLOG_BYTES ||
		    load_once(d->gone))) {
		b->dropped++;
		spin_unlock(&b->lock);
		stats->rx_dropped++;
		packet_drop(&p);
		return;
	}
	list_push_back(&b->packets, p, link);
	b->nr++;
	b->bytes += p->len;
	stats->rx_packets++;
	stats->rx_bytes += p->len;
	if (unlikely(p->kind == PACKET_MULTICAST))
		stats->multicast++;
	spin_unlock(&b->lock);
}

/*
 * Without any lock: the protocols take their own. Packet sockets see the packet first, then devices
 * above, then the one protocol that has its type.
 */
static void link_deliver(struct packet *p)
{
	struct netdev *d = p->dev;
	bool seen;
	u32 i;

	if (load_once(d->gone)) {
		packet_drop(&p);
		return;
	}
	seen = packet_tap_see(d, p, false);
	if (unlikely(load_once(d->upper) || p->vlan)) {
		p = above_receive(p);
		if (!p)
			return;
	}
	for (i = 0; i < NR_PROTOCOLS && protocols[i]; i++) {
		if (protocols[i]->ethertype == p->ethertype) {
			protocols[i]->receive(p);
			return;
		}
	}
	/* Nobody takes it; what a device above has received is not counted here. */
	if (!seen && p->dev == d)
		array_at(d->stats, cpu_id())->rx_dropped++;
	packet_drop(&p);
}

/* Takes the first packet off the list; NULL: there is none. The lock is held. */
static always_inline struct packet *backlog_take(struct backlog *b)
{
	struct packet *p = list_first(&b->packets);

	if (p) {
		list_remove(&b->packets, p, link);
		b->nr--;
		b->bytes -= p->len;
		b->taken++;
	}
	return p;
}

/* The first packet of a run; NULL: there is none, or another task runs the backlog. */
static struct packet *run_begin(struct backlog *b)
{
	struct packet *p = NULL;

	spin_lock(&b->lock);
	if (!b->running)
		p = backlog_take(b);
	if (p)
		b->running = true;
	spin_unlock(&b->lock);
	return p;
}

/* The next packet of a run, which has delivered the last one; NULL: the run has ended. */
static struct packet *run_next(struct backlog *b)
{
	struct packet *p;

	spin_lock(&b->lock);
	store_once(b->done, b->taken);
	p = backlog_take(b);
	if (!p)
		b->running = false;
	spin_unlock(&b->lock);
	return p;
}

/* Whether a run that has delivered @n packets has its CPU for too long already. */
static bool run_is_long(u32 n, u64 *const since_ns)
{
	u64 now;

	if (n % RUN_LOOK)
		return false;
	now = time_mono_ns();
	if (n == RUN_LOOK)
		*since_ns = now;
	return n >= RUN_BUDGET || now - *since_ns > RUN_NS;
}

/*
 * Runs a backlog; returns whether packets are left. Returns at once if another task runs it: that
 * one will see what was just appended.
 */
static bool backlog_run(struct backlog *b)
{
	struct packet *p = run_begin(b);
	u64 since = 0;
	bool left;
	u32 n;

	if (!p)
		return false;
	for (n = 1;; n++) {
		link_deliver(p);
		if (run_is_long(n, &since))
			break;
		p = run_next(b);
		if (!p)
			return false;
	}
	spin_lock(&b->lock);
	b->running = false;
	store_once(b->done, b->taken);
	left = b->packets.first != NULL;
	spin_unlock(&b->lock);
	return left;
}

/*
 * The caller holds no lock of the network: this may take all of them. It must come before the task
 * sleeps, or the packets stay where nobody looks.
 */
void netdev_run(void)
{
	struct backlog *const b = array_at(backlogs, cpu_id());

	if (load_once(b->packets.first) && unlikely(backlog_run(b)))
		waitq_wake_one(&net_task_wait);
}

static bool any_backlog(void)
{
	u32 i;

	for (i = 0; i < cpu_count(); i++) {
		if (load_once(backlogs[i].packets.first) && !load_once(backlogs[i].running))
			return true;
	}
	return false;
}

/* The network's own task: what others have left. */
static void net_task_run(struct obj *owner)
{
	u32 i;
	int err;

	(void)owner;
	for (;;) {
		wait_event(&net_task_wait, any_backlog(), WAIT_UNINTERRUPTIBLE, NO_DEADLINE, &err);
		for (i = 0; i < cpu_count(); i++) {
			(void)backlog_run(array_at(backlogs, i));
			task_cond_resched();
		}
	}
}
static const struct task_ops net_task_ops = { .run = net_task_run };

/*
 * A backlog delivers in order, one packet after the other, so the packets of now are done when the
 * count of those that are done has come to the number of those that ever were there. Packets that
 * come meanwhile are not waited for: in a loop of bridges there is always another one.
 */
void netdev_wait_backlogs(void)
{
	u32 i, all;

	for (i = 0; i < cpu_count(); i++) {
		struct backlog *const b = array_at(backlogs, i);
		spin_lock(&b->lock);
		all = b->taken + b->nr;
		spin_unlock(&b->lock);
		while ((s32)(load_once(b->done) - all) < 0) {
			(void)backlog_run(b);
			netdev_run(); /* the answers, which are in this CPU's backlog */
			task_yield();
		}
	}
}

/* A line a CPU: processed, dropped; the length of the backlog and the CPU's number behind others. */
bool netdev_show_softnet(struct fmt *out, u64 *const cpu)
{
	u32 i;

	if (*cpu >= cpu_count())
		return false;
	struct backlog *const b = array_at(backlogs, *cpu);
	fmt_printf(out, "%08x %08x", load_once(b->taken), load_once(b->dropped));
	for (i = 0; i < 9; i++)
		fmt_lit(out, LIT(" 00000000"));
	fmt_printf(out, " %08x %08x %08x %08x\n", load_once(b->nr), (u32)*cpu, load_once(b->nr),
		0u);
	(*cpu)++;
	return true;
}

void receive_init(void)
{
	struct task *t = task_new(&net_task_ops, NULL, LIT("net"));

	if (!t)
		kernel_panic("no memory for the network");
	task_start(t);
	task_put(&t);
}
