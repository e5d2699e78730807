// SPDX-License-Identifier: MPL-2.0
/*
 * The way of a packet to the sockets of AF_PACKET.
 *
 * Each packet that a device receives, and each that it sends, is shown (packet_tap_all.see), before
 * the protocols or the driver have it. A socket that wants it gets a clone, which shares the pages:
 * from the link's header on (SOCK_RAW), or from the internet header on (SOCK_DGRAM). Its filter
 * says how much of it is kept; 0 is nothing. Then the clone is copied into the socket's ring, or
 * waits in its queue for a reader.
 *
 * lo has no header here. On Linux it has one of Ethernet, whose addresses are zero: it is made up
 * when a packet is shown. What a packet socket itself sends by lo has a header, at mac.
 *
 * A queue takes packets while they count less than the receive buffer. What they keep of the
 * machine's memory, their object and a page for each fragment, has an account beside, for all
 * sockets: a 16th of the memory.
 *
 * Locking: packet_lock is held while a packet is shown, perhaps with a send queue's lock around it;
 * then packet_sock.lock. Nothing sleeps.
 */
#include <frame/time.h>
#include <kernel/byteorder.h>
#include <kernel/clock.h>
#include <kernel/errqueue.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>
#include <kernel/vnet.h>

#include "afpacket.h"

static LIST_HEAD(packet_sock) receivers; /* packet_lock */
static u32 filter_steps;        /* packet_lock: of all filters, for the packet that is shown */
static struct atomic all_bytes; /* what the packets of all queues keep */

void packet_list(struct packet_sock *ps, bool on)
{
	if (on)
		list_push_back(&receivers, ps, link);
	else
		list_remove(&receivers, ps, link);
}

/* ---- the clone ---- */

/*
 * A clone with the head where a socket of that type wants it; mac and net are set. @outgoing: the
 * head of @p begins with the link's header; else behind it. NULL: no memory, or it has none.
 */
static struct packet *clone_for(u32 type, const struct netdev *d, const struct packet *p,
	bool outgoing)
{
	bool lo = d->kind == LINK_LOOPBACK;
	struct packet *c = netdev_clone_frame(p);
	u32 header = d->header_len;

	if (!c)
		return NULL;
	if (outgoing && !lo) {
		if (!packet_linear(c, header)) {
			packet_drop(&c);
			return NULL;
		}
		packet_pull(c, header);
	}
	c->net = (u16)(c->head + (lo ? ETHERNET_HEADER : 0));
	if (!lo && c->head >= header)
		packet_push(c, header);
	c->mac = c->head;
	if (type == SOCK_DGRAM)
		packet_pull(c, (u32)c->net - c->head);
	return c;
}

void packet_name(const struct packet *p, struct sockaddr_ll *ll)
{
	const struct netdev *d = p->dev;
	u32 n = min(d->address_len, (u32)sizeof(ll->addr));

	*ll = (struct sockaddr_ll){ .family = AF_PACKET,
		.protocol = be16(p->ethertype),
		.ifindex = (s32)d->index,
		.hatype = (u16)d->kind,
		.pkttype = p->kind };
	/* The sender's address follows that of the receiver. */
	if (p->net >= p->mac + ETHERNET_HEADER) {
		span_copy(span_first(span_of(ll->addr), n),
			cspan_sub(cspan_of(p->data), p->mac + n, n));
		ll->halen = (u8)n;
	}
}

u32 packet_csum_status(const struct packet *p)
{
	if (p->csum == CSUM_PARTIAL)
		return TP_STATUS_CSUM_NOT_READY;
	return p->csum == CSUM_GOOD && p->kind != PACKET_OUTGOING ? TP_STATUS_CSUM_VALID : 0;
}

/* ---- the queue ---- */

bool packet_enqueue(struct packet_sock *ps, struct packet *c)
{
	u32 charge = (u32)sizeof(*c) + c->len;
	struct page_stats mem;

	page_get_stats(&mem);
	if (ps->rmem >= load_once(ps->socket->rcvbuf) ||
		atomic_load(&all_bytes) >= mem.total * PAGE_SIZE / 16)
		return false;
	(void)atomic_add(&all_bytes, packet_memory(c));
	c->control[PC_CHARGE] = charge;
	ps->rmem += charge;
	list_push_back(&ps->queue, c, link);
	return true;
}

/* The first packet: a reference; taken off the queue unless @peek. */
static struct packet *afpacket_first(struct packet_sock *ps, bool peek)
{
	struct packet *p;

	spin_lock(&ps->lock);
	p = list_first(&ps->queue);
	if (p && peek) {
		(void)obj_get(p);
	} else if (p) {
		list_remove(&ps->queue, p, link);
		ps->rmem -= p->control[PC_CHARGE];
		(void)atomic_sub(&all_bytes, packet_memory(p));
	}
	spin_unlock(&ps->lock);
	return p;
}

void packet_flush(struct packet_sock *ps)
{
	struct packet *p;

	while ((p = afpacket_first(ps, false)) != NULL)
		packet_drop(&p);
}

enum packet_room packet_room(struct packet_sock *ps, const struct packet *p)
{
	enum packet_room room;
	s64 left;

	spin_lock(&ps->lock);
	if (ps->in) {
		room = packet_ring_room(ps->in);
	} else {
		u32 all = load_once(ps->socket->rcvbuf);
		left = (s64)all - ps->rmem - (s64)(sizeof(*p) + p->len);
		room = left > all / 4 ? ROOM_NORMAL : left > 0 ? ROOM_LOW : ROOM_NONE;
	}
	spin_unlock(&ps->lock);
	return room;
}

/* ---- showing ---- */

/* What a reader gets beside the bytes. The device may be gone when the packet is read. */
static void note(struct packet *c)
{
	struct sockaddr_ll ll;

	packet_name(c, &ll);
	span_copy(span_from(value_span(&c->control), PC_NAME * sizeof(u32)), value_cspan(&ll));
	c->control[PC_STATUS] = TP_STATUS_USER | packet_csum_status(c);
}

/* To the ring or the queue; ps->lock held. Consumes the clone if it goes into the queue. */
static bool afpacket_take(struct packet_sock *ps, struct packet **cp, u32 keep)
{
	struct packet *c = *cp;
	bool good;

	if (ps->in)
		return packet_ring_take(ps, c, keep);
	packet_trim(c, keep);
	note(c);
	good = packet_enqueue(ps, c);
	if (good)
		*cp = NULL;
	return good;
}

/*
 * A clone that cannot be made is a packet dropped, as is one without room: the reader sees it in
 * the statistics. The wake-up comes after the lock.
 */
void packet_show(struct packet_sock *ps, struct netdev *d, const struct packet *p, bool outgoing)
{
	struct packet *c = clone_for(ps->socket->type, d, p, outgoing);
	bool good = false, wake;
	u32 keep = ~0u;

	if (c) {
		c->dev = d;
		c->kind = outgoing ? PACKET_OUTGOING : p->kind;
		c->control[PC_LEN] = c->len;
		if (unlikely(load_once(packet_stamps)) && !c->time_ns)
			c->time_ns = clock_realtime_ns();
		keep = socket_filter_packet(ps->socket, c, &filter_steps);
		/* Without a filter all of it is kept, and that may be nothing. */
		if (!keep || (keep == FILTER_ALL && !c->len)) {
			packet_drop(&c);
			return;
		}
	}
	spin_lock(&ps->lock);
	if (c)
		good = afpacket_take(ps, &c, min(keep, c->len));
	if (good)
		ps->nr_seen++;
	else
		ps->nr_dropped++;
	wake = ps->in && ps->in->version == TPACKET_V3 ? packet_blocks_news(ps->in) : good;
	spin_unlock(&ps->lock);
	if (c)
		packet_drop(&c);
	if (wake)
		socket_wake_readers(ps->socket, POLLIN | POLLRDNORM | ASYNC_IN);
}

static bool afpacket_wants(const struct packet_sock *ps, const struct netdev *d,
	const struct packet *p, bool outgoing)
{
	if (ps->ifindex && ps->ifindex != d->index)
		return false;
	/* Who has asked for one protocol does not see what is sent; nobody sees his own packets. */
	if (outgoing &&
		(ps->protocol != ETH_P_ALL || load_once(ps->ignore_outgoing) ||
			p->socket == ps->socket))
		return false;
	return ps->protocol == ETH_P_ALL || ps->protocol == p->ethertype;
}

static bool packet_see(struct netdev *d, const struct packet *p, bool outgoing)
{
	struct packet_sock *ps;
	bool any = false;

	if (!outgoing && p->kind == PACKET_LOOPBACK)
		return true; /* it was seen when it was sent */
	spin_lock(&packet_lock);
	filter_steps = 0;
	list_for_each(ps, &receivers, link) {
		if (!afpacket_wants(ps, d, p, outgoing))
			continue;
		any = true;
		packet_show(ps, d, p, outgoing);
	}
	any |= packet_fanout_see(d, p, outgoing);
	spin_unlock(&packet_lock);
	return any;
}
const struct packet_tap packet_tap_all = { .see = packet_see };

/* ---- reading ---- */

static int wait_packet(struct socket *s, struct packet_sock *ps, u32 flags)
{
	u64 deadline = socket_deadline(s->rcv_timeout_ns, flags & MSG_DONTWAIT);
	int err;

	if (!deadline)
		return -EAGAIN;
	wait_event(&s->read_wait, load_once(ps->queue.first) || atomic_load(&s->error),
		WAIT_INTERRUPTIBLE, deadline, &err);
	return err ? socket_wait_error(err, deadline) : 0;
}

/* PACKET_VNET_HDR: what stands before the packet. Its length or -errno. */
static int afpacket_put_vnet(const struct packet *p, struct uio *u)
{
	struct vnet_header v = { 0 };

	if (u->left < sizeof(v))
		return -EINVAL;
	vnet_of_packet(p, &v);
	return uio_put(u, value_cspan(&v)) == sizeof(v) ? (int)sizeof(v) : -EFAULT;
}

static ssize_t afpacket_put(struct packet_sock *ps, const struct packet *p, struct uio *u,
	struct socket_msg *m)
{
	int vnet = load_once(ps->vnet) ? afpacket_put_vnet(p, u) : 0;
	size_t n = min((size_t)p->len, u->left);

	if (vnet < 0)
		return vnet;
	if (n < p->len)
		m->out_flags |= MSG_TRUNC;
	if (packet_to_user(p, 0, u, n) < n)
		return -EFAULT;
	return vnet + (ssize_t)(m->flags & MSG_TRUNC ? p->len : n);
}

#define RECV_FLAGS (MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC | MSG_ERRQUEUE)

/* A device that went down is reported before what has come from it. */
ssize_t packet_recvmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name)
{
	struct packet_sock *ps = packet_sock_of(s);
	struct packet *p = NULL;
	ssize_t n;
	int err;

	if (m->flags & ~RECV_FLAGS)
		return -EINVAL;
	if (m->flags & MSG_ERRQUEUE) /* a frame that was sent, as a whole, and when */
		return socket_errors_recv(s, u, m);
	do {
		err = socket_take_error(s);
		if (!err)
			p = afpacket_first(ps, m->flags & MSG_PEEK);
		if (!err && !p)
			err = wait_packet(s, ps, m->flags);
	} while (!err && !p);
	if (err)
		return err;
	n = afpacket_put(ps, p, u, m);
	if (n >= 0 && name) {
		name->family = AF_PACKET;
		span_copy(span_of(name->data),
			cspan_sub(value_cspan(&p->control), PC_NAME * sizeof(u32) + 2,
				sizeof(struct sockaddr_ll) - 2));
		m->name_len = sizeof(struct sockaddr_ll);
	}
	m->error = &p->obj; /* for packet_control_out; who called drops it */
	m->ip.given = IP_CONTROL_TIME;
	m->ip.time_ns = p->time_ns;
	socket_received(s, p->time_ns);
	return n;
}

void packet_control_out(struct socket *s, struct socket_msg *m, struct control_out *o)
{
	struct tpacket_auxdata a = { 0 };
	const struct packet *p;

	if (m->error && (m->flags & MSG_ERRQUEUE)) {
		const struct sent_error *e = obj_cast(sent_error, m->error);
		scm_put_one(o, m, SOL_PACKET, PACKET_TX_TIMESTAMP, value_cspan(&e->ee));
		return;
	}
	p = m->error ? obj_cast(packet, m->error) : NULL;
	if (!p || !load_once(packet_sock_of(s)->auxdata))
		return;
	a.status = p->control[PC_STATUS];
	a.len = p->control[PC_LEN];
	a.snaplen = p->len;
	a.net = (u16)(p->net - p->head);
	if (p->vlan) {
		a.status |= TP_STATUS_VLAN_VALID | TP_STATUS_VLAN_TPID_VALID;
		a.vlan_tci = p->vlan & 0xefff;
		a.vlan_tpid = 0x8100;
	}
	scm_put_one(o, m, SOL_PACKET, PACKET_AUXDATA, value_cspan(&a));
}
