// SPDX-License-Identifier: MPL-2.0
/*
 * Times at which packets were sent: SO_TIMESTAMPING with TX flags (Linux: timestamping.rst).
 *
 * A send marks its packet with what shall be told (packet.stamps), with a number (packet.stamp_key),
 * and with the socket (packet.socket). The packet comes to a device (SCHED), then to the device's
 * driver (SENT); TCP adds when all bytes of a send were acknowledged (ACK). Each of these puts an
 * entry into the socket's error queue: the time, the number, and the packet as it is then, unless
 * the socket wants the time only (OPT_TSONLY).
 *
 * The number counts the sends of a socket that asked for times. For TCP it is the place of the
 * last byte of a send in the stream, from the place where the option was set.
 *
 * A packet that is cut leaves its mark to one piece (packet_stamps_move). A clone has none, so what
 * other readers do with their clones is told to nobody.
 */
#include <kernel/clock.h>
#include <kernel/errqueue.h>
#include <kernel/netdev.h>
#include <uapi/errno.h>

#include "net.h"

#define STAMPS_TX (STAMP_TX_HARDWARE | STAMP_TX_SOFTWARE | STAMP_TX_SCHED)

u32 socket_stamp_bits(struct socket *s, const struct socket_msg *m, bool *const counted)
{
	u32 flags = m->stamp ? m->stamp : load_once(s->stamping);

	*counted = flags & STAMPS_TX;
	if (!(flags & STAMP_TX_RECORD) || socket_errors_enable(s))
		return 0;
	return (flags & STAMP_TX_SOFTWARE ? PACKET_STAMP_SENT : 0u) |
		(flags & STAMP_TX_SCHED ? PACKET_STAMP_SCHED : 0u) |
		(flags & STAMP_TX_ACK ? PACKET_STAMP_ACK : 0u);
}

void socket_stamp_packet_run(struct socket *s, const struct socket_msg *m, struct packet *p)
{
	bool counted;
	u32 bits = socket_stamp_bits(s, m, &counted) & ~PACKET_STAMP_ACK;

	if (counted && (load_once(s->stamping) & STAMP_OPT_ID))
		p->stamp_key = (u32)atomic_add(&s->stamp_key, 1) - 1;
	if (!bits)
		return;
	p->stamps = (u8)bits;
	if (!p->socket)
		p->socket = obj_get(s);
}

void packet_stamps_move(struct packet *to, struct packet *from)
{
	to->stamps = from->stamps;
	to->stamp_key = from->stamp_key;
	from->stamps = 0;
	if (!to->socket && from->socket)
		to->socket = obj_get(from->socket);
}

/* Runs under the locks that the send holds, so it appends only; without memory nothing is told. */
void socket_stamp_sent(struct socket *s, const struct packet *p, u32 bit)
{
	u32 flags = load_once(s->stamping);
	struct sent_error *e = obj_new(sent_error);

	if (!e)
		return;
	e->ee = (struct extended_err){ .error = ENOMSG,
		.origin = ORIGIN_TIMES,
		.info = bit == PACKET_STAMP_ACK ? 2 : bit == PACKET_STAMP_SCHED };
	if (flags & STAMP_OPT_ID)
		e->ee.data = p->stamp_key -
			(s->type == SOCK_STREAM ? (u32)atomic_load(&s->stamp_key) : 0);
	e->heard.time_ns = clock_realtime_ns();
	if (!(flags & STAMP_OPT_TSONLY)) {
		e->data = p->dev ? netdev_clone_frame(p) : packet_clone(p);
		if (!e->data) {
			obj_put(&e);
			return;
		}
		e->ifindex = p->dev ? p->dev->index : 0;
	}
	socket_errors_put(s, e);
	waitq_wake_all(&s->read_wait);
	poll_notify(s->poll, POLLERR | ASYNC_ERR);
}

void packet_stamp_sent(struct packet *p, u32 bit)
{
	if (!(p->stamps & bit) || !p->socket)
		return;
	socket_stamp_sent(p->socket, p, bit);
	if (bit == PACKET_STAMP_SENT)
		p->stamps &= (u8)~PACKET_STAMP_SENT;
}
