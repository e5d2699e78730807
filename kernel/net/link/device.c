// SPDX-License-Identifier: MPL-2.0
/*
 * Network devices (kernel/netdev.h): the list of them, how packets go in and out, and their changes.
 *
 * The list is sorted by index; list_lock guards it and the names. An index is never used again. The
 * list holds a reference to each device.
 *
 * The way in. A backlog for each CPU has a lock, a list, and the flag `running`. netdev_receive
 * appends. netdev_run takes the whole list away under the lock, sets running, and delivers packet
 * after packet without the lock; it comes back for more until the list is empty, and clears running
 * under the lock: a packet that is appended meanwhile is seen by this run or by the next. After
 * RUN_BUDGET packets the rest is left to the task of net_task_run, which gives way between its runs.
 */
#include <frame/boot.h>
#include <frame/cpu.h>
#include <frame/errno.h>
#include <frame/fmt.h>
#include <frame/task.h>
#include <frame/wait.h>
#include <kernel/locks.h>
#include <kernel/netdev.h>
#include <uapi/if.h>

#include "link.h"

#define RUN_BUDGET 256u

static void link_group_release(struct link_group *g)
{
	(void)g;
}
OBJ_TYPE(link_group, link_group_release);

static void netdev_release(struct netdev *d)
{
	struct link_group *g;

	while ((g = list_first(&d->groups)) != NULL) {
		list_remove(&d->groups, g, link);
		obj_put(&g);
	}
	obj_put_any(&d->driver);
	obj_put_any(&d->inet);
	obj_put_any(&d->upper);
	obj_put_any(&d->sysfs);
}
OBJ_TYPE(netdev, netdev_release);

struct mutex net_config;
static struct spinlock list_lock; /* guards devices, their names, next_index */
static LIST_HEAD(netdev) devices; /* references, by index */
static u32 next_index = 1;

#define NR_WATCHERS  8
#define NR_PROTOCOLS 8
static const struct net_watcher *watchers[NR_WATCHERS];
static const struct packet_protocol *protocols[NR_PROTOCOLS];
static const struct packet_tap *tap;
static const struct packet_segmenter *segmenter;
static u32 nr_taps; /* who listens to all packets; atomic by list_lock, read without */

/* Registrations come at boot, by one CPU. */
void net_watcher_register(const struct net_watcher *w)
{
	u32 i;

	for (i = 0; i < NR_WATCHERS; i++) {
		if (!watchers[i]) {
			watchers[i] = w;
			return;
		}
	}
	kernel_panic("too many watchers of network devices");
}

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

void packet_tap_register(const struct packet_tap *t)
{
	tap = t;
}

void packet_segmenter_register(const struct packet_segmenter *s)
{
	segmenter = s;
}

void packet_tap_count(bool more)
{
	spin_lock(&list_lock);
	store_once(nr_taps, more ? nr_taps + 1 : nr_taps - 1);
	spin_unlock(&list_lock);
}

/* ---- the way in ---- */

static struct backlog {
	struct spinlock lock;
	LIST_HEAD(packet) packets; /* lock */
	u32 nr, bytes;             /* lock */
	bool running;              /* lock: a task delivers them */
} backlogs[MAX_CPUS];
static struct waitq net_task_wait;

void netdev_receive(struct netdev *d, struct packet *p)
{
	struct backlog *const b = array_at(backlogs, cpu_id());
	struct netdev_stats *const stats = array_at(d->stats, cpu_id());

	p->dev = d;
	spin_lock(&b->lock);
	if (unlikely(b->nr >= NETDEV_BACKLOG || b->bytes >= NETDEV_BACKLOG_BYTES ||
		    load_once(d->gone))) {
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
	stats->multicast += p->kind == PACKET_MULTICAST;
	spin_unlock(&b->lock);
}

static void deliver(struct packet *p)
{
	u32 i;

	if (load_once(p->dev->gone)) {
		packet_drop(&p);
		return;
	}
	if (unlikely(load_once(nr_taps)))
		tap->see(p->dev, p);
	for (i = 0; i < NR_PROTOCOLS && protocols[i]; i++) {
		if (protocols[i]->ethertype == p->ethertype) {
			protocols[i]->receive(p);
			return;
		}
	}
	packet_drop(&p);
}

/* Takes the first packet of what a run has taken away; NULL: it was the last. */
static struct packet *run_next(struct backlog *b)
{
	struct packet *p;

	spin_lock(&b->lock);
	p = list_first(&b->packets);
	if (p) {
		list_remove(&b->packets, p, link);
		b->nr--;
		b->bytes -= p->len;
	} else {
		b->running = false;
	}
	spin_unlock(&b->lock);
	return p;
}

/* Runs a backlog; returns whether packets are left. */
static bool backlog_run(struct backlog *b)
{
	struct packet *p;
	bool mine, left;
	u32 n;

	spin_lock(&b->lock);
	mine = !b->running && b->packets.first;
	if (mine)
		b->running = true;
	spin_unlock(&b->lock);
	if (!mine)
		return false;
	for (n = 0; n < RUN_BUDGET; n++) {
		p = run_next(b);
		if (!p)
			return false;
		deliver(p);
	}
	spin_lock(&b->lock);
	b->running = false;
	left = b->packets.first != NULL;
	spin_unlock(&b->lock);
	return left;
}

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

/* ---- the way out ---- */

static void tx_count(struct netdev *d, u32 len, bool sent)
{
	struct netdev_stats *const stats = array_at(d->stats, cpu_id());

	if (sent) {
		stats->tx_packets++;
		stats->tx_bytes += len;
	} else {
		stats->tx_dropped++;
	}
}

/* Sends what waits in a queue, until the ring is full; its lock is held. */
static void queue_drain(struct netdev *d, u32 i)
{
	struct netdev_queue *const q = array_at(d->queue, i);
	struct packet *p;
	u32 len;

	while (!q->full && (p = list_first(&q->waiting)) != NULL) {
		len = p->len;
		list_remove(&q->waiting, p, link);
		if (d->ops->xmit(d, i, p, q->waiting.first != NULL)) {
			list_push_front(&q->waiting, p, link);
			q->full = true;
			return;
		}
		q->nr_waiting--;
		tx_count(d, len, true);
	}
}

static int queue_send(struct netdev *d, u32 i, struct packet *p)
{
	struct netdev_queue *const q = array_at(d->queue, i);
	u32 len = p->len;
	int err = 0;

	spin_lock(&q->lock);
	/* Who took the device away has taken this lock after it said so: drop_waiting. */
	if (unlikely(load_once(d->gone) || !(load_once(d->flags) & IFF_UP))) {
		spin_unlock(&q->lock);
		packet_drop(&p);
		return -ENETDOWN;
	}
	if (unlikely(load_once(nr_taps)))
		tap->see(d, p);
	if (likely(!q->full && !q->waiting.first) && !d->ops->xmit(d, i, p, false)) {
		tx_count(d, len, true);
		p = NULL;
	} else if (q->nr_waiting < d->txqueuelen) {
		list_push_back(&q->waiting, p, link);
		q->nr_waiting++;
		q->full = true;
		p = NULL;
	} else {
		tx_count(d, len, false);
		err = -ENOBUFS;
	}
	spin_unlock(&q->lock);
	if (p)
		packet_drop(&p);
	return err;
}

void netdev_queue_wake(struct netdev *d, u32 queue)
{
	struct netdev_queue *const q = array_at(d->queue, queue);

	spin_lock(&q->lock);
	q->full = false;
	queue_drain(d, queue);
	spin_unlock(&q->lock);
}

/* The CPU's queue, or one for the flow where there are fewer. */
static u32 queue_of(const struct netdev *d, const struct packet *p)
{
	u32 n = load_once(d->nr_queues);

	if (n <= 1)
		return 0;
	return (p->hash ? p->hash : cpu_id()) % n;
}

/* One packet, as large as the device takes it. */
static int send_one(struct netdev *d, struct packet *p)
{
	if (p->csum == CSUM_PARTIAL && !(d->features & NETDEV_CSUM) && packet_finish_csum(p)) {
		packet_drop(&p);
		return -EINVAL;
	}
	return queue_send(d, queue_of(d, p), p);
}

static u32 gso_feature(const struct packet *p)
{
	return p->gso == GSO_UDP ? NETDEV_GSO_UDP : NETDEV_GSO_TCP;
}

/* Cuts the packet and sends the pieces; the first error counts. */
static int send_segments(struct netdev *d, struct packet *p)
{
	struct packet *next;
	int err = 0, one;

	p = segmenter ? segmenter->segment(p) : NULL;
	if (!p)
		return -ENOBUFS;
	for (; p; p = next) {
		next = list_next(p, link);
		p->link.next = NULL;
		one = send_one(d, p);
		err = err ? err : one;
	}
	return err;
}

int netdev_send(struct netdev *d, struct packet *p)
{
	p->dev = d;
	if (unlikely(!(load_once(d->flags) & IFF_UP) || load_once(d->gone))) {
		tx_count(d, p->len, false);
		packet_drop(&p);
		return -ENETDOWN;
	}
	/* Nothing to be cut, summed or queued. */
	if (d->features & NETDEV_LOOPBACK) {
		tx_count(d, p->len, true);
		return d->ops->xmit(d, 0, p, false);
	}
	if (unlikely(p->gso && !(d->features & gso_feature(p))))
		return send_segments(d, p);
	return send_one(d, p);
}

/* ---- devices ---- */

struct netdev *netdev_new(const struct netdev_ops *ops, struct obj *driver, u32 kind)
{
	struct netdev *d = obj_new(netdev);

	if (!d)
		return NULL;
	d->ops = ops;
	d->driver = driver ? obj_get_any(driver) : NULL;
	d->kind = kind;
	d->mtu = d->max_mtu = 1500;
	d->min_mtu = 68;
	d->nr_queues = 1;
	d->txqueuelen = 1000;
	d->carrier = true;
	if (kind == LINK_ETHERNET) {
		d->header_len = ETHERNET_HEADER;
		d->address_len = ETHERNET_ADDR;
		span_fill(span_first(span_of(d->broadcast), ETHERNET_ADDR), 0xff);
		d->flags = IFF_BROADCAST | IFF_MULTICAST;
	}
	return d;
}

#define name_of(d) (cspan_first(cspan_of((d)->name), cspan_strlen(cspan_of((d)->name))))

/* The device of that name, without a reference; list_lock held. */
static struct netdev *find_name(struct cspan name)
{
	struct netdev *d;

	list_for_each(d, &devices, link) {
		if (cspan_equal(name_of(d), name))
			return d;
	}
	return NULL;
}

struct netdev *netdev_by_name(struct cspan name)
{
	struct netdev *d;

	spin_lock(&list_lock);
	d = find_name(name);
	if (d)
		(void)obj_get(d);
	spin_unlock(&list_lock);
	return d;
}

struct netdev *netdev_next(u32 index)
{
	struct netdev *d;

	spin_lock(&list_lock);
	d = list_first(&devices);
	while (d && d->index <= index)
		d = list_next(d, link);
	if (d)
		(void)obj_get(d);
	spin_unlock(&list_lock);
	return d;
}

struct netdev *netdev_by_index(u32 index)
{
	struct netdev *d = index ? netdev_next(index - 1) : NULL;

	if (d && d->index != index)
		obj_put(&d);
	return d;
}

/* A name may not be empty, too long, "." or "..", and has no '/', ':' or blank. */
static bool name_is_good(struct cspan name)
{
	size_t i, n = cspan_len(name);

	if (!n || n >= IFNAMSIZ || cspan_equal(name, STR(".")) || cspan_equal(name, STR("..")))
		return false;
	for (i = 0; i < n; i++) {
		u8 c = span_byte(name, i);
		if (c <= ' ' || c == '/' || c == ':' || c == 0x7f)
			return false;
	}
	return true;
}

/* What stands behind "%d" stays. */
static void put_number(struct fmt *f, u32 n, struct cspan rest)
{
	fmt_printf(f, "%u", n);
	if (cspan_len(rest) > 2)
		fmt_span(f, cspan_from(rest, 2));
}

/* Makes a name of the pattern: "%d" becomes the first number that is free. list_lock held. */
static int make_name(struct netdev *d, struct cspan p)
{
	size_t at = cspan_find(p, '%');
	u8 text[32];
	u32 i;

	if (at < cspan_len(p) && (at + 1 == cspan_len(p) || span_byte(p, at + 1) != 'd'))
		return -EINVAL;
	for (i = 0; i < 4096; i++) {
		FMT(f, span_of(text));
		fmt_span(&f, cspan_first(p, at));
		if (at < cspan_len(p))
			put_number(&f, i, cspan_from(p, at));
		if (!name_is_good(fmt_text(&f)))
			return -EINVAL;
		if (!find_name(fmt_text(&f))) {
			span_fill(span_of(d->name), 0);
			span_copy(span_of(d->name), fmt_text(&f));
			return 0;
		}
		if (at == cspan_len(p))
			return -EEXIST;
	}
	return -ENFILE;
}

static void tell(struct netdev *d, enum net_event e)
{
	u32 i;

	for (i = 0; i < NR_WATCHERS && watchers[i]; i++)
		watchers[i]->event(d, e);
}

int netdev_register_name(struct netdev *d, struct cspan pattern)
{
	int err;

	mutex_lock(&net_config);
	spin_lock(&list_lock);
	err = make_name(d, pattern);
	if (!err) {
		d->index = next_index++;
		(void)obj_get(d);
		list_push_back(&devices, d, link);
	}
	spin_unlock(&list_lock);
	if (!err)
		tell(d, NET_DEV_NEW);
	mutex_unlock(&net_config);
	return err;
}

int netdev_register(struct netdev *d, struct lit pattern)
{
	return netdev_register_name(d, lit_span(pattern));
}

static void drop_waiting(struct netdev *d)
{
	struct packet *p;
	u32 i;

	for (i = 0; i < d->nr_queues; i++) {
		struct netdev_queue *const q = array_at(d->queue, i);
		spin_lock(&q->lock);
		while ((p = list_first(&q->waiting)) != NULL) {
			list_remove(&q->waiting, p, link);
			packet_drop(&p);
		}
		q->nr_waiting = 0;
		q->full = false;
		spin_unlock(&q->lock);
	}
}

/*
 * Waits until no packet of before is in a backlog or being delivered: every backlog is seen empty
 * and not running once.
 */
static void wait_backlogs(void)
{
	u32 i;

	for (i = 0; i < cpu_count(); i++) {
		struct backlog *const b = array_at(backlogs, i);
		while (load_once(b->packets.first) || load_once(b->running)) {
			(void)backlog_run(b);
			task_yield();
		}
	}
}

/* Watchers take addresses and routes away before the driver stops. */
static void bring_down(struct netdev *d, u32 flags)
{
	store_once(d->flags, flags);
	tell(d, NET_DEV_DOWN);
	if (d->ops->stop)
		d->ops->stop(d);
	drop_waiting(d);
}

void netdev_unregister(struct netdev *d)
{
	mutex_lock(&net_config);
	if (d->flags & IFF_UP)
		bring_down(d, d->flags & ~IFF_UP);
	store_once(d->gone, true);
	tell(d, NET_DEV_GONE);
	spin_lock(&list_lock);
	list_remove(&devices, d, link);
	spin_unlock(&list_lock);
	mutex_unlock(&net_config);
	memory_barrier(); /* gone is seen by who appends after the backlogs were seen empty */
	drop_waiting(d);
	wait_backlogs();
	obj_put(&d);
}

/* ---- changes ---- */

int netdev_set_flags(struct netdev *d, u32 flags, u32 mask)
{
	u32 old = d->flags, now = (old & ~mask) | (flags & mask);
	u32 on = now & ~old, off = old & ~now;
	int err = 0;

	if (off & IFF_UP) {
		bring_down(d, now);
		return 0;
	}
	if ((on & IFF_UP) && d->ops->open)
		err = d->ops->open(d);
	if (err)
		return err;
	store_once(d->flags, now);
	if ((on | off) & (IFF_PROMISC | IFF_ALLMULTI | IFF_UP) && d->ops->set_rx_mode)
		d->ops->set_rx_mode(d);
	if (on | off)
		tell(d, on & IFF_UP ? NET_DEV_UP : NET_DEV_CHANGED);
	return 0;
}

void net_shutdown(void)
{
	struct netdev *d;

	mutex_lock(&net_config);
	list_for_each(d, &devices, link) {
		if (d->flags & IFF_UP)
			bring_down(d, d->flags & ~IFF_UP);
	}
	mutex_unlock(&net_config);
}

int netdev_set_mtu(struct netdev *d, u32 mtu)
{
	int err = 0;

	if (mtu < d->min_mtu || mtu > d->max_mtu)
		return -EINVAL;
	if (d->ops->set_mtu)
		err = d->ops->set_mtu(d, mtu);
	if (err)
		return err;
	store_once(d->mtu, mtu);
	tell(d, NET_DEV_CHANGED);
	return 0;
}

int netdev_set_address(struct netdev *d, const u8 (*address)[LINK_ADDR_MAX])
{
	int err = d->ops->set_address ? d->ops->set_address(d, address) : -EOPNOTSUPP;

	if (err)
		return err;
	span_copy(span_first(span_of(d->address), d->address_len), cspan_of(*address));
	tell(d, NET_DEV_CHANGED);
	return 0;
}

int netdev_rename(struct netdev *d, struct cspan name)
{
	int err = 0;

	if (!name_is_good(name))
		return -EINVAL;
	spin_lock(&list_lock);
	if (find_name(name)) {
		err = -EEXIST;
	} else {
		span_fill(span_of(d->name), 0);
		span_copy(span_of(d->name), name);
	}
	spin_unlock(&list_lock);
	if (!err)
		tell(d, NET_DEV_CHANGED);
	return err;
}

void netdev_set_carrier(struct netdev *d, bool on)
{
	mutex_lock(&net_config);
	if (d->carrier != on) {
		store_once(d->carrier, on);
		d->carrier_told = true;
		tell(d, NET_DEV_CHANGED);
	}
	mutex_unlock(&net_config);
}

static struct link_group *find_group(struct netdev *d, const u8 (*address)[LINK_ADDR_MAX])
{
	struct link_group *g;

	list_for_each(g, &d->groups, link) {
		if (cspan_equal(cspan_of(g->address), cspan_of(*address)))
			return g;
	}
	return NULL;
}

int netdev_join(struct netdev *d, const u8 (*address)[LINK_ADDR_MAX])
{
	struct link_group *g = find_group(d, address);

	if (!g) {
		g = obj_new(link_group);
		if (!g)
			return -ENOMEM;
		span_copy(span_of(g->address), cspan_of(*address));
		list_push_back(&d->groups, g, link);
		if (d->ops->set_rx_mode && (d->flags & IFF_UP))
			d->ops->set_rx_mode(d);
	}
	g->nr++;
	return 0;
}

void netdev_leave(struct netdev *d, const u8 (*address)[LINK_ADDR_MAX])
{
	struct link_group *g = find_group(d, address);

	if (!g || --g->nr)
		return;
	list_remove(&d->groups, g, link);
	obj_put(&g);
	if (d->ops->set_rx_mode && (d->flags & IFF_UP))
		d->ops->set_rx_mode(d);
}

void net_init(void)
{
	struct task *t = task_new(&net_task_ops, NULL, LIT("net"));

	lock_level(&net_config, LOCK_NET_CONFIG);
	if (!t)
		kernel_panic("no memory for the network");
	task_start(t);
	task_put(&t);
	jobs_init();
	loopback_init();
}
