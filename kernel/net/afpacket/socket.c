// SPDX-License-Identifier: MPL-2.0
/*
 * AF_PACKET: sockets that see the packets of links, and send packets as they are (packet(7)).
 * Making one needs CAP_NET_RAW.
 *
 * A socket receives when it has a protocol and its device, if it is bound to one, is up: then it is
 * on the list of receive.c, or a member of its fanout group that receives. bind(2) and the device's
 * own coming and going change that, both with net_config held, so they do not meet; packet_lock is
 * taken besides for the moment of the change, because packets are shown under it alone. A socket
 * whose device goes down gets ENETDOWN and begins to receive again when the device comes up. When
 * the device is gone, the socket stays bound to a device that does not exist (NO_DEVICE).
 *
 * While no socket receives, packet_taps (kernel/net/link) is 0, and a packet costs one load.
 *
 * What it costs others: while one such socket receives, each packet of the machine takes
 * packet_lock and is compared with all of them. That is why CAP_NET_RAW is needed, and why a filter
 * should be attached before the socket is bound.
 */
#include <kernel/afpacket.h>
#include <kernel/byteorder.h>
#include <kernel/cred.h>
#include <kernel/errqueue.h>
#include <kernel/file.h>
#include <kernel/inet.h>
#include <kernel/inode.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/if.h>

#include "afpacket.h"

struct spinlock packet_lock;

static void packet_sock_release(struct packet_sock *ps)
{
	packet_flush(ps);
	obj_put(&ps->in);
	obj_put(&ps->out);
}
OBJ_TYPE(packet_sock, packet_sock_release);

/* net_config held. Packets that come between the list and the count may not be shown yet. */
void packet_set_listed(struct packet_sock *ps, bool on)
{
	bool changes;

	spin_lock(&packet_lock);
	changes = ps->listed != on;
	if (changes) {
		ps->listed = on;
		if (ps->fanout)
			packet_fanout_list(ps, on);
		else
			packet_list(ps, on);
	}
	spin_unlock(&packet_lock);
	if (changes)
		packet_tap_count(on);
}

/* Told once, by the next call or by poll. */
static void set_error(struct packet_sock *ps, u32 error)
{
	(void)atomic_swap(&ps->socket->error, error);
	socket_wake_all(ps->socket, POLLERR | ASYNC_ERR);
}

/* ---- devices come and go ---- */

/*
 * What the event means for one socket. net_config held. The order: memberships of the device end,
 * then the socket leaves the list, then its reader is told. A socket without a device (any)
 * receives on.
 */
static void device_changed(struct packet_sock *ps, struct netdev *d, enum net_event e)
{
	if (e == NET_DEV_GONE)
		packet_part_all(ps, d->index);
	if (ps->ifindex != d->index)
		return;
	if (e == NET_DEV_UP && ps->protocol) {
		packet_set_listed(ps, true);
		return;
	}
	if (e != NET_DEV_DOWN && e != NET_DEV_GONE)
		return;
	if (ps->listed) {
		packet_set_listed(ps, false);
		set_error(ps, ENETDOWN);
	}
	if (e == NET_DEV_GONE) {
		spin_lock(&packet_lock);
		ps->ifindex = NO_DEVICE;
		spin_unlock(&packet_lock);
	}
}

/*
 * A socket that is being closed is found no more once net_config has been free: packet_release
 * takes it off the list with net_config held, and its struct socket lives until then.
 */
static void device_event(struct netdev *d, enum net_event e)
{
	struct socket *s;
	u64 id = 0;

	if (e != NET_DEV_UP && e != NET_DEV_DOWN && e != NET_DEV_GONE)
		return;
	while ((s = socket_list_next(SOCKETS_PACKET, id)) != NULL) {
		id = s->all_id;
		device_changed(packet_sock_of(s), d, e);
		obj_put(&s);
	}
}
static const struct net_watcher device_watcher = { .event = device_event };

/* ---- names ---- */

/*
 * net_config held. A change of device or protocol takes the socket off the list first, so no packet
 * is judged by half of the new name. A bind to a device that is down succeeds, and its error waits,
 * as on Linux.
 */
static int bind_locked(struct packet_sock *ps, u32 ifindex, u16 protocol)
{
	struct netdev *d = ifindex ? netdev_by_index(ifindex) : NULL;
	bool up = !d || (load_once(d->flags) & IFF_UP), same;

	protocol = protocol ? protocol : ps->protocol;
	same = ps->ifindex == ifindex && ps->protocol == protocol;

	if (ps->fanout || (ifindex && !d)) {
		obj_put(&d);
		return ps->fanout ? -EINVAL : -ENODEV;
	}
	if (!same) {
		packet_set_listed(ps, false);
		spin_lock(&packet_lock);
		ps->ifindex = ifindex;
		ps->protocol = protocol;
		spin_unlock(&packet_lock);
	}
	if (!same && protocol) {
		if (up)
			packet_set_listed(ps, true);
		else
			set_error(ps, ENETDOWN);
	}
	obj_put(&d);
	return 0;
}

static int packet_bind(struct socket *s, const struct sockaddr_any *a, u32 len)
{
	struct sockaddr_ll ll = { 0 };
	int err;

	if (len < sizeof(ll) || a->family != AF_PACKET)
		return -EINVAL;
	span_copy(span_from(value_span(&ll), 2), cspan_first(cspan_of(a->data), sizeof(ll) - 2));
	mutex_lock(&net_config);
	err = bind_locked(packet_sock_of(s), (u32)ll.ifindex, be16(ll.protocol));
	mutex_unlock(&net_config);
	return err;
}

/* As long as the device's address is, since programs compare the length. */
static int packet_getname(struct socket *s, bool peer, struct sockaddr_any *a)
{
	struct packet_sock *ps = packet_sock_of(s);
	u32 ifindex = load_once(ps->ifindex);
	struct sockaddr_ll ll = { .family = AF_PACKET,
		.protocol = be16(load_once(ps->protocol)),
		.ifindex = (s32)ifindex };
	struct netdev *d;

	if (peer)
		return -EOPNOTSUPP;
	d = ifindex ? netdev_by_index(ifindex) : NULL;
	if (d) {
		ll.hatype = (u16)d->kind;
		ll.halen = (u8)d->address_len;
		span_copy(span_of(ll.addr), cspan_first(cspan_of(d->address), d->address_len));
	}
	obj_put(&d);
	a->family = AF_PACKET;
	span_copy(span_of(a->data), cspan_from(value_cspan(&ll), 2));
	return (int)(SOCKADDR_LL_ADDR + ll.halen);
}

/* ---- readiness ---- */

/* A ring is ready if a frame, or a block, is the program's. */
static u32 packet_poll(struct socket *s, struct poll_table *pt)
{
	struct packet_sock *ps = packet_sock_of(s);
	u32 events = 0;

	poll_wait(pt, &s->poll);
	spin_lock(&ps->lock);
	if (ps->queue.first || (ps->in && packet_ring_ready(ps->in)))
		events |= POLLIN | POLLRDNORM;
	spin_unlock(&ps->lock);
	if (atomic_load(&s->wmem) < load_once(s->sndbuf))
		events |= POLLOUT | POLLWRNORM | POLLWRBAND;
	return events | socket_error_events(s);
}

static s64 packet_ioctl(struct socket *s, u32 cmd, u64 arg)
{
	struct packet_sock *ps = packet_sock_of(s);
	s32 n;

	switch (cmd) {
	case FIONREAD:
		spin_lock(&ps->lock);
		n = ps->queue.first ? (s32)ps->queue.first->len : 0;
		spin_unlock(&ps->lock);
		break;
	case SIOCOUTQ:
		n = (s32)atomic_load(&s->wmem);
		break;
	default:
		return -ENOTTY;
	}
	return user_put(UADDR(arg), &n) ? -EFAULT : 0;
}

/* ---- the family ---- */

/*
 * Rings are dropped here, where the task can sleep, and not when the object goes, which may be
 * under a queue's lock.
 */
static void packet_release(struct socket *s)
{
	struct packet_sock *ps = packet_sock_of(s);

	mutex_lock(&net_config);
	packet_set_listed(ps, false);
	packet_fanout_leave(ps);
	packet_part_all(ps, 0);
	socket_list_remove(s);
	mutex_unlock(&net_config);
	packet_blocks_list(ps, false);
	packet_drop_rings(ps);
}

static const struct socket_ops packet_ops = {
	.release = packet_release,
	.bind = packet_bind,
	.getname = packet_getname,
	.sendmsg = packet_sendmsg,
	.recvmsg = packet_recvmsg,
	.control_out = packet_control_out,
	.poll = packet_poll,
	.ioctl = packet_ioctl,
	.mmap = packet_mmap,
	.setsockopt = packet_setsockopt,
	.getsockopt = packet_getsockopt,
};

/*
 * The protocol comes in network order. A protocol in socket(2) makes the socket receive at once, of
 * all devices; with 0 it waits for bind.
 */
static int packet_create(u32 type, u32 protocol, struct socket **out)
{
	struct packet_sock *ps;

	if (!cred_capable(thread_current()->cred, CAP_NET_RAW))
		return -EPERM;
	if (type != SOCK_RAW && type != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	ps = obj_new(packet_sock);
	if (!ps)
		return -ENOMEM;
	lock_level(&ps->send_lock, LOCK_BIND);
	ps->protocol = be16((u16)protocol);
	*out = socket_new(&packet_ops, AF_PACKET, type, protocol, &ps->obj);
	if (!*out)
		return -ENOMEM;
	ps->socket = *out;
	ps->uid = thread_current()->cred->uid;
	mutex_lock(&net_config);
	socket_list_add(SOCKETS_PACKET, *out);
	packet_set_listed(ps, ps->protocol != 0);
	mutex_unlock(&net_config);
	return 0;
}

static const struct socket_family packet_family = { .family = AF_PACKET, .create = packet_create };

void afpacket_init(void)
{
	socket_family_register(&packet_family);
	packet_tap_register(&packet_tap_all);
	net_watcher_register(&device_watcher);
	packet_blocks_init();
	packet_fanout_init();
}

/* ---- /proc/net/packet ---- */

void afpacket_show_header(struct fmt *out)
{
	fmt_lit(out, LIT("sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n"));
}

/*
 * The inode's number of the socket's file; 0: it has none. Without a reference, which could be the
 * last one, whose put closes the socket, which takes net_config: a number that is told while the
 * file is closed may be another file's.
 */
static u64 inode_of(const struct socket *s)
{
	struct file *f = load_acquire(s->file);
	struct inode *i = f ? load_once(f->inode) : NULL;

	return i ? i->ino : 0;
}

/*
 * net_config keeps the socket from being bound to another device meanwhile. A line for each call:
 * no lock is held between two.
 */
bool afpacket_show(struct fmt *out, u64 *next)
{
	struct packet_sock *ps;
	struct socket *s;
	bool found;

	mutex_lock(&net_config);
	s = socket_list_next(SOCKETS_PACKET, *next);
	if (s) {
		*next = s->all_id;
		ps = packet_sock_of(s);
		fmt_printf(out, "0000000000000000 %-6u %-4u %04x   %-5d %1u %-6u %-6u %-6lu\n",
			obj_refs(s), s->type, ps->protocol, (s32)ps->ifindex, ps->listed ? 1u : 0u,
			load_once(ps->rmem), ps->uid, inode_of(s));
	}
	mutex_unlock(&net_config);
	found = s != NULL;
	obj_put(&s);
	return found;
}
