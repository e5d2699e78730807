// SPDX-License-Identifier: MPL-2.0
/*
 * tun and tap devices: what the program writes becomes a packet that the device has received, and
 * what the machine sends by the device the program reads. The headers before a packet are those
 * that TUNSETIFF has agreed on: struct tun_pi unless IFF_NO_PI, and a virtio header with
 * IFF_VNET_HDR.
 *
 * One write is one packet, one read as well. Lengths are checked in the order in which Linux checks
 * them, as programs see it in their errors. A packet that the program makes goes the way of a
 * received one, in this call (netdev_run), so the program pays for its delivery.
 */
#include <frame/cpu.h>
#include <kernel/byteorder.h>
#include <kernel/signal.h>
#include <kernel/uio.h>
#include <kernel/vnet.h>
#include <uapi/errno.h>
#include <uapi/fs.h>
#include <uapi/if.h>

#include "tap.h"

#define TUN_PKT_STRIP 1u

struct tap_pi {
	u16 flags, proto; /* proto: network order */
};
static_assert(sizeof(struct vnet_header) == VNET_LEAST, "the least that TUNSETVNETHDRSZ takes");

/* The headers that stand before a packet of the program. 0 or -errno. */
static int take_headers(const struct tap *t, struct uio *u, struct tap_pi *const pi,
	struct vnet_header *const v)
{
	u32 flags = load_once(t->flags), skip;
	u8 rest[8];

	if (!(flags & IFF_NO_PI)) {
		if (u->left < sizeof(*pi))
			return -EINVAL;
		if (uio_take(u, value_span(pi)) < sizeof(*pi))
			return -EFAULT;
	}
	if (!(flags & IFF_VNET_HDR))
		return 0;
	if (u->left < t->vnet_len)
		return -EINVAL;
	if (uio_take(u, value_span(v)) < sizeof(*v))
		return -EFAULT;
	for (skip = t->vnet_len - VNET_LEAST; skip; skip -= min(skip, (u32)sizeof(rest))) {
		struct span s = span_first(span_of(rest), min(skip, (u32)sizeof(rest)));
		if (uio_take(u, s) < span_len(s))
			return -EFAULT;
	}
	vnet_correct(v);
	return v->header_len > u->left ? -EINVAL : 0;
}

/* A packet of a tun device says its protocol itself, or the program does. */
static int set_protocol(const struct tap *t, struct packet *p, const struct tap_pi *pi)
{
	u8 first = p->len ? span_byte(packet_headers(p), 0) >> 4 : 0;

	p->kind = PACKET_HOST;
	p->mac = p->head;
	p->ethertype = be16(pi->proto);
	if (!(load_once(t->flags) & IFF_NO_PI))
		return 0;
	if (first != 4 && first != 6)
		return -EINVAL;
	p->ethertype = first == 4 ? ETHERTYPE_IP4 : ETHERTYPE_IP6;
	return 0;
}

/*
 * The header of virtio is read from the program once and then checked against the packet that
 * follows it (vnet_to_packet), after its own link header was taken off.
 */
static int tap_receive(struct tap *t, struct uio *u)
{
	struct vnet_header v = { 0 };
	struct tap_pi pi = { 0 };
	bool tap = t->flags & IFF_TAP;
	struct packet *p;
	int err = take_headers(t, u, &pi, &v);

	if (!err && tap &&
		(u->left < ETHERNET_HEADER || (v.header_len && v.header_len < ETHERNET_HEADER)))
		err = -EINVAL;
	if (!err && u->left > PACKET_MAX)
		err = -EMSGSIZE;
	if (err)
		return err;
	p = packet_new(TAP_ROOM);
	if (!p)
		return -ENOMEM;
	err = packet_fill_user(p, u);
	if (!err)
		err = tap ? (ethernet_parse_tagged(t->dev, p) ? 0 : -EINVAL)
			  : set_protocol(t, p, &pi);
	if (!err && !vnet_to_packet(&v, p, TAP_ROOM))
		err = -EINVAL;
	if (!err && !(load_once(t->dev->flags) & IFF_UP))
		err = -EIO;
	if (err)
		packet_drop(&p);
	else
		netdev_receive(t->dev, p);
	return err;
}

/*
 * One packet. An error is the packet's; the queue is as it was. A file whose queue is detached
 * cannot write, as on Linux.
 */
ssize_t tap_write(struct file *f, struct uio *u, u64 *pos)
{
	struct tap_file *tf = obj_cast(tap_file, f->private);
	struct tap *t = load_acquire(tf->tap);
	size_t len = u->left;
	int err;

	(void)pos;
	if (!t || load_once(tf->queue) == NOBODY)
		return -EBADFD;
	err = tap_receive(t, u);
	netdev_run();
	return err ? err : (ssize_t)len;
}

/* ---- packets for the program ---- */

/* t->lock held. The flow's queue, by its hash or CPU, among the queues of this moment. */
bool tap_enqueue(struct tap *t, u32 queue, struct packet *p)
{
	struct tap_file *tf = t->nr_queues ? *array_at(t->files, queue % t->nr_queues) : NULL;
	u32 bytes = packet_memory(p);

	if (!tf || tf->nr >= t->dev->txqueuelen || tf->bytes + bytes > TAP_QUEUE_BYTES)
		return false;
	list_push_back(&tf->packets, p, link);
	tf->bytes += bytes;
	store_once(tf->nr, tf->nr + 1);
	poll_notify(tf->poll, POLLIN | POLLRDNORM | ASYNC_IN);
	waitq_wake_one(&tf->read_wait);
	return true;
}

/* A reference goes to the caller. NULL: there is none. */
struct packet *tap_dequeue(struct tap *t, struct tap_file *tf)
{
	struct packet *p;

	spin_lock(&t->lock);
	p = list_first(&tf->packets);
	if (p) {
		list_remove(&tf->packets, p, link);
		tf->bytes -= packet_memory(p);
		store_once(tf->nr, tf->nr - 1);
	}
	spin_unlock(&t->lock);
	return p;
}

/* False: the program's memory is not there. */
static bool tap_put_vnet(const struct tap *t, const struct packet *p, struct uio *u)
{
	struct vnet_header v;

	vnet_of_packet(p, &v);
	return uio_put(u, value_cspan(&v)) == sizeof(v) &&
		uio_put_zero(u, t->vnet_len - VNET_LEAST) == t->vnet_len - VNET_LEAST;
}

/*
 * Gives the packet to the program: the bytes copied, or -errno. A program whose buffer is too small
 * gets a part, as with datagrams, and is told so only by tun_pi. The rest is lost.
 */
static ssize_t tap_put(const struct tap *t, const struct packet *p, struct uio *u)
{
	u32 flags = load_once(t->flags), vnet = flags & IFF_VNET_HDR ? t->vnet_len : 0;
	struct tap_pi pi = { 0, be16(p->ethertype) };
	size_t room = u->left, total = p->len + vnet, n;

	if (!(flags & IFF_NO_PI)) {
		total += sizeof(pi);
		if (room < sizeof(pi))
			return -EINVAL;
		pi.flags = room < total ? TUN_PKT_STRIP : 0;
		if (uio_put(u, value_cspan(&pi)) < sizeof(pi))
			return -EFAULT;
	}
	if (vnet) {
		if (u->left < vnet)
			return -EINVAL;
		if (!tap_put_vnet(t, p, u))
			return -EFAULT;
	}
	n = min((size_t)p->len, u->left);
	if (packet_to_user(p, 0, u, n) < n)
		return -EFAULT;
	return (ssize_t)min(total, room);
}

/*
 * A packet is taken off the queue before it is copied: if user memory faults, it is lost, as on
 * Linux.
 */
ssize_t tap_read(struct file *f, struct uio *u, u64 *pos)
{
	struct tap_file *tf = obj_cast(tap_file, f->private);
	struct tap *t = load_acquire(tf->tap);
	struct packet *p;
	ssize_t n;
	int err;

	(void)pos;
	if (!t || load_once(t->removed))
		return -EBADFD;
	if (!u->left)
		return 0;
	while ((p = tap_dequeue(t, tf)) == NULL) {
		if (load_once(f->flags) & O_NONBLOCK)
			return -EAGAIN;
		wait_event(&tf->read_wait, load_once(tf->nr) || load_once(t->removed),
			WAIT_INTERRUPTIBLE, NO_DEADLINE, &err);
		if (err)
			return -ERESTARTSYS;
		if (load_once(t->removed))
			return -EFAULT; /* as Linux */
	}
	n = tap_put(t, p, u);
	packet_drop(&p);
	return n;
}

/* A write never waits: a packet goes to the backlog, or is dropped there. */
u32 tap_poll(struct file *f, struct poll_table *pt)
{
	struct tap_file *tf = obj_cast(tap_file, f->private);
	struct tap *t = load_acquire(tf->tap);

	poll_wait(pt, &tf->poll);
	if (!t || load_once(t->removed))
		return POLLERR;
	return (load_once(tf->nr) ? POLLIN | POLLRDNORM : 0u) |
		(load_once(t->dev->flags) & IFF_UP ? POLLOUT | POLLWRNORM : 0u);
}
