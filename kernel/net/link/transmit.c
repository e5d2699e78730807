// SPDX-License-Identifier: MPL-2.0
/*
 * The way out (kernel/netdev.h): a packet is made such that the device can take it, and goes to the
 * driver by one of the device's queues. What does not fit into the ring waits in the queue's list.
 *
 * What a driver cannot do is done here, once, for all of them: sums (NETDEV_CSUM), segments
 * (NETDEV_GSO_*), tags (NETDEV_VLAN_TX). A device without a queue of its own (NETDEV_NO_QUEUE:
 * veth, bridges, VLANs) is called at once, without a lock.
 *
 * A driver says -EBUSY when its ring is full; then packets wait in the queue, txqueuelen of them at
 * most, until it calls netdev_queue_wake. So a sender never waits here: what does not fit is
 * dropped with -ENOBUFS, and protocols take that for a loss.
 *
 * Locking: queue.lock, a leaf but for what the driver's xmit and AF_PACKET take.
 */
#include <frame/cpu.h>
#include <uapi/errno.h>
#include <uapi/if.h>

#include "above.h"

static const struct packet_segmenter *segmenter;

void packet_segmenter_register(const struct packet_segmenter *s)
{
	segmenter = s;
}

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

/* A packet that the ring had no room for has the time of the first try. The queue's lock is held. */
static int queue_xmit(struct netdev *d, u32 i, struct packet *p, bool more)
{
	if (unlikely(p->stamps))
		packet_stamp_sent(p, PACKET_STAMP_SENT);
	return d->ops->xmit(d, i, p, more);
}

/*
 * Sends what waits in a queue, until the ring is full; its lock is held. @more tells the driver
 * that another packet follows, so it can ring the doorbell once for all.
 */
static void queue_drain(struct netdev *d, u32 i)
{
	struct netdev_queue *const q = array_at(d->queue, i);
	struct packet *p;
	u32 len;

	while (!q->full && (p = list_first(&q->waiting)) != NULL) {
		len = p->len;
		list_remove(&q->waiting, p, link);
		if (queue_xmit(d, i, p, q->waiting.first != NULL)) {
			list_push_front(&q->waiting, p, link);
			q->full = true;
			return;
		}
		q->nr_waiting--;
		tx_count(d, len, true);
	}
}

/*
 * Order is kept: while packets wait, a new one waits behind them, even if the ring has room by now.
 */
static int queue_send(struct netdev *d, u32 i, struct packet *p)
{
	struct netdev_queue *const q = array_at(d->queue, i);
	u32 len = p->len;
	int err = 0;

	spin_lock(&q->lock);
	/* Who took the device away has taken this lock after it said so: netdev_drop_waiting. */
	if (unlikely(load_once(d->gone) || !(load_once(d->flags) & IFF_UP))) {
		spin_unlock(&q->lock);
		packet_drop(&p);
		return -ENETDOWN;
	}
	packet_tap_see(d, p, true);
	if (likely(!q->full && !q->waiting.first) && !queue_xmit(d, i, p, false)) {
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

/* By a device that has no queue. What has no carrier is dropped silently, as on Linux. */
static int send_at_once(struct netdev *d, struct packet *p)
{
	u32 len = p->len;
	int err;

	packet_tap_see(d, p, true);
	if (unlikely(p->stamps) && !d->ops->passes_on)
		packet_stamp_sent(p, PACKET_STAMP_SENT);
	err = d->ops->xmit(d, 0, p, false);
	tx_count(d, len, !err);
	if (unlikely(err))
		packet_drop(&p);
	return err == -ENETDOWN ? 0 : err;
}

/* One packet, as large as the device takes it. */
static int link_send_one(struct netdev *d, struct packet *p)
{
	u32 len = p->len;

	if (p->csum == CSUM_PARTIAL && !(d->features & NETDEV_CSUM) && packet_finish_csum(p)) {
		tx_count(d, len, false);
		packet_drop(&p);
		return -EINVAL;
	}
	if (unlikely(p->vlan && !(d->features & NETDEV_VLAN_TX))) {
		p = vlan_insert_tag(p);
		if (!p) {
			tx_count(d, len, false);
			return -ENOBUFS;
		}
	}
	if (unlikely(d->features & NETDEV_NO_QUEUE))
		return send_at_once(d, p);
	return queue_send(d, queue_of(d, p), p);
}

static u32 gso_feature(const struct packet *p)
{
	if (p->gso == GSO_UDP)
		return NETDEV_GSO_UDP;
	return p->gso == GSO_TCP4 ? NETDEV_GSO_TCP4 : NETDEV_GSO_TCP6;
}

/* Cuts the packet and sends the pieces; the first error counts. */
static int send_segments(struct netdev *d, struct packet *p)
{
	struct packet *next;
	int err = 0, one;

	p = segmenter ? segmenter->segment(p) : NULL;
	if (!p) {
		tx_count(d, 0, false);
		return -ENOBUFS;
	}
	for (; p; p = next) {
		next = list_next(p, link);
		p->link.next = NULL;
		one = link_send_one(d, p);
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
	if (unlikely(p->stamps))
		packet_stamp_sent(p, PACKET_STAMP_SCHED);
	/* Nothing to be cut, summed or queued. */
	if (d->features & NETDEV_LOOPBACK)
		return send_at_once(d, p);
	/* With a tag that goes into the bytes, too: each segment gets its own. */
	if (unlikely(p->gso &&
		    (!(d->features & gso_feature(p)) ||
			    (p->vlan && !(d->features & NETDEV_VLAN_TX)))))
		return send_segments(d, p);
	return link_send_one(d, p);
}

/*
 * The lock of each queue is taken even if nothing waits: a sender that has looked at the flags
 * before they changed is through then.
 */
void netdev_drop_waiting(struct netdev *d)
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
