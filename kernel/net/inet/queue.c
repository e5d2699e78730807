// SPDX-License-Identifier: MPL-2.0
/*
 * What the sockets whose messages are packets (UDP, raw, ping) have in common: the queue of packets
 * that wait for the reader, and the room in the send buffer.
 *
 * A packet that waits is charged twice: for its receiver, against SO_RCVBUF, and for the machine,
 * with all its pages (memory.c). The first protects a reader from others' packets, the second the
 * machine from many readers that do not read. What the reader needs to know beside the data lies in
 * packet.control, so nothing is allocated for it.
 */
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "sock.h"

/* ---- in ---- */

/* The caller holds q->lock. A packet without room is counted. -ENOBUFS: the reader is slow; -ENOMEM: all readers together are. */
int inet_queue_add(struct inet_queue *q, struct packet *p, const struct ip_info *i, u32 ports,
	u32 charge, u32 rcvbuf)
{
	if (unlikely(q->rmem + charge > rcvbuf)) {
		(void)atomic_add(&q->drops, 1);
		return -ENOBUFS;
	}
	if (unlikely(!inet_memory_charge(&q->memory, packet_memory(p)))) {
		(void)atomic_add(&q->drops, 1);
		return -ENOMEM;
	}
	packet_set_address(p, QC_FROM, i->from);
	packet_set_address(p, QC_TO, i->to);
	p->control[QC_PORTS] = ports;
	p->control[QC_IFINDEX] = i->ifindex;
	p->control[QC_TOS_TTL] = (u32)i->tos << 8 | i->ttl;
	p->control[QC_CHARGE] = charge;
	q->rmem += charge;
	list_push_back(&q->packets, p, link);
	return 0;
}

/*
 * With @peek the packet stays and a reference goes out; its contents are never changed while it is
 * queued.
 */
struct packet *inet_queue_first(struct inet_queue *q, bool peek)
{
	struct packet *p;

	spin_lock(&q->lock);
	p = list_first(&q->packets);
	if (p && peek) {
		(void)obj_get(p);
	} else if (p) {
		list_remove(&q->packets, p, link);
		q->rmem -= p->control[QC_CHARGE];
		inet_memory_uncharge(&q->memory, packet_memory(p));
	}
	spin_unlock(&q->lock);
	return p;
}

/* An empty packet is seen once. */
struct packet *inet_queue_at(struct inet_queue *q, u32 *off)
{
	struct packet *p;

	spin_lock(&q->lock);
	p = list_first(&q->packets);
	while (p && *off >= p->len && (*off || (p->control[QC_TOS_TTL] & QC_PEEKED))) {
		*off -= p->len;
		p = list_next(p, link);
	}
	if (p) {
		if (!p->len)
			p->control[QC_TOS_TTL] |= QC_PEEKED;
		(void)obj_get(p);
	}
	spin_unlock(&q->lock);
	return p;
}

void inet_queue_drop(struct inet_queue *q)
{
	struct packet *p;

	while ((p = inet_queue_first(q, false)) != NULL)
		packet_drop(&p);
}

void inet_queue_end(struct inet_queue *q)
{
	inet_queue_drop(q);
	inet_memory_end(&q->memory);
}

/* 1: the socket was shut down, which a reader sees as the end; 0: look again. */
int inet_queue_wait(struct socket *s, const struct inet_queue *q, u32 flags)
{
	u64 deadline = socket_deadline(s->rcv_timeout_ns, flags & MSG_DONTWAIT);
	int err;

	if (load_once(s->shutdown) & SHUTDOWN_RCV)
		return 1;
	if (!deadline)
		return -EAGAIN;
	wait_event(&s->read_wait,
		load_once(q->packets.first) || (load_once(s->shutdown) & SHUTDOWN_RCV) ||
			atomic_load(&s->error),
		WAIT_INTERRUPTIBLE, deadline, &err);
	return err ? socket_wait_error(err, deadline) : 0;
}

s64 inet_queue_ioctl(struct socket *s, struct inet_queue *q, u32 cmd, u64 arg)
{
	s32 n;

	switch (cmd) {
	case FIONREAD:
		spin_lock(&q->lock);
		n = q->packets.first ? (s32)q->packets.first->len : 0;
		spin_unlock(&q->lock);
		break;
	case SIOCOUTQ:
		n = (s32)atomic_load(&s->wmem);
		break;
	default:
		return inet_ioctl(s, cmd, arg);
	}
	return user_put(UADDR(arg), &n) ? -EFAULT : 0;
}

/* ---- out ---- */

/*
 * A packet to this machine ends in a receiver's queue, and is charged there. One for a device
 * counts until the driver drops it.
 */
void inet_charge(struct socket *s, struct packet *p, const struct route *r)
{
	if (r->kind == ROUTE_LOCAL)
		return;
	p->charge = (u32)sizeof(*p) + p->len;
	if (likely(!p->socket)) /* set, if it tells when it is sent */
		p->socket = obj_get(s);
	socket_charge(s, p->charge);
}
