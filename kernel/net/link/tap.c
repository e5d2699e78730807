// SPDX-License-Identifier: MPL-2.0
/*
 * /dev/net/tun: network devices whose link is a user program (tun(4), Documentation/networking/tuntap).
 *
 * TUNSETIFF makes a device, or attaches the open file to one that exists, as a queue of it. What the
 * machine sends by the device waits in the queue's list until the program reads it; what the program
 * writes, the device has received. A tap device has Ethernet frames, a tun device internet packets.
 * With IFF_VNET_HDR each packet has a virtio header, by which it may be large and without a checksum.
 * The device goes with its last file, unless it is persistent.
 *
 * A queue that is full drops packets, as on Linux: a program that does not read must not stop others.
 * A packet leaves its sender's buffer when it is put into the list, since it may stay there for ever.
 *
 * Locking: config (mutex) serializes attaching and detaching, and is taken before net_config. tap.lock
 * (a leaf) guards the array of queues and their lists. tap_file.tap is set once.
 */
#include <frame/boot.h>
#include <frame/cpu.h>
#include <frame/errno.h>
#include <frame/sync.h>
#include <kernel/byteorder.h>
#include <kernel/chrdev.h>
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/locks.h>
#include <kernel/netdev.h>
#include <kernel/poll.h>
#include <kernel/random.h>
#include <kernel/socket.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>
#include <uapi/fs.h>
#include <uapi/if.h>

#include "link.h"

enum tap_cmd {
	TUNSETNOCSUM = 0x400454c8,
	TUNSETDEBUG = 0x400454c9,
	TUNSETIFF = 0x400454ca,
	TUNSETPERSIST = 0x400454cb,
	TUNSETOWNER = 0x400454cc,
	TUNSETLINK = 0x400454cd,
	TUNSETGROUP = 0x400454ce,
	TUNGETFEATURES = 0x800454cf,
	TUNSETOFFLOAD = 0x400454d0,
	TUNGETIFF = 0x800454d2,
	TUNGETSNDBUF = 0x800454d3,
	TUNSETSNDBUF = 0x400454d4,
	TUNGETVNETHDRSZ = 0x800454d7,
	TUNSETVNETHDRSZ = 0x400454d8,
	TUNSETQUEUE = 0x400454d9,
	TUNSETCARRIER = 0x400454e2
};

#define IFF_TUN          0x0001u
#define IFF_TAP          0x0002u
#define IFF_MULTI_QUEUE  0x0100u
#define IFF_ATTACH_QUEUE 0x0200u
#define IFF_DETACH_QUEUE 0x0400u
#define IFF_PERSIST      0x0800u
#define IFF_NO_PI        0x1000u
#define IFF_ONE_QUEUE    0x2000u
#define IFF_VNET_HDR     0x4000u
#define IFF_TUN_EXCL     0x8000u
#define TAP_FEATURES     (IFF_NO_PI | IFF_ONE_QUEUE | IFF_VNET_HDR | IFF_MULTI_QUEUE)

#define TUN_F_CSUM 1u
#define TUN_F_TSO4 2u
#define TUN_F_TSO6 4u
#define TUN_F_ECN  8u
#define TUN_F_UFO  16u

#define TUN_PKT_STRIP 1u

#define TAP_ROOM \
	66u /* before a frame: with the link's header taken off, room for an answer's headers */
#define TAP_LEN    500u
#define NOBODY     (~0u)
#define VNET_LEAST 10u

struct tap;
struct tap_file {
	struct obj obj;
	struct netdev *dev;        /* reference, set once before tap */
	struct tap *tap;           /* borrowed from dev, set once; NULL: no TUNSETIFF yet */
	u32 queue;                 /* tap.lock; NOBODY: detached */
	u32 nr;                    /* tap.lock */
	LIST_HEAD(packet) packets; /* tap.lock */
	struct waitq read_wait;
	struct poll_source *poll;
};

struct tap {
	struct obj obj;
	struct netdev *dev; /* borrowed: the device holds this object (netdev.driver) */
	u32 flags;          /* IFF_*; config */
	u32 vnet_len;
	u32 owner, group; /* NOBODY: anybody */
	u32 nr_files;     /* config: attached and detached ones */
	u32 sndbuf;
	struct spinlock lock;
	u32 nr_queues;                         /* lock */
	struct tap_file *files[NETDEV_QUEUES]; /* lock; borrowed: a file detaches before it goes */
};

struct tap_pi {
	u16 flags, proto; /* proto: network order */
};
struct vnet_header {
	u8 flags, gso;
	u16 header_len, gso_size, csum_start, csum_offset;
};
static_assert(sizeof(struct vnet_header) == VNET_LEAST, "struct virtio_net_hdr");
#define VNET_NEEDS_CSUM 1u
#define VNET_DATA_VALID 2u
enum vnet_gso { VNET_TCP4 = 1, VNET_UFO = 3, VNET_TCP6 = 4, VNET_UDP = 5, VNET_ECN = 0x80 };

static struct mutex config;

static void tap_file_release(struct tap_file *tf)
{
	struct packet *p;

	while ((p = list_first(&tf->packets)) != NULL) {
		list_remove(&tf->packets, p, link);
		packet_drop(&p);
	}
	obj_put(&tf->dev);
	obj_put(&tf->poll);
}
OBJ_TYPE(tap_file, tap_file_release);
OBJ_TYPE_DECL(tap_file);

OBJ_TYPE(tap, NULL_RELEASE);
OBJ_TYPE_DECL(tap);

/* ---- the device ---- */

/* Puts the packet into the list of a queue. False: there is no such queue, or it is full. */
static bool enqueue(struct tap *t, u32 queue, struct packet *p)
{
	struct tap_file *tf = t->nr_queues ? *array_at(t->files, queue % t->nr_queues) : NULL;

	if (!tf || tf->nr >= t->dev->txqueuelen)
		return false;
	list_push_back(&tf->packets, p, link);
	store_once(tf->nr, tf->nr + 1);
	poll_notify(tf->poll, POLLIN | POLLRDNORM);
	waitq_wake_one(&tf->read_wait);
	return true;
}

static int tap_xmit(struct netdev *d, u32 queue, struct packet *p, bool more)
{
	struct tap *t = obj_cast(tap, d->driver);
	bool good;

	(void)more;
	if (p->socket) {
		socket_uncharge(p->socket, p->charge);
		obj_put(&p->socket);
	}
	spin_lock(&t->lock);
	good = enqueue(t, queue, p);
	spin_unlock(&t->lock);
	if (!good) {
		struct netdev_stats *const stats = array_at(d->stats, cpu_id());
		stats->tx_dropped++;
		packet_drop(&p);
	}
	return 0;
}

static int tap_set_address(struct netdev *d, const u8 (*address)[LINK_ADDR_MAX])
{
	(void)d;
	return (*address)[0] & 1 ? -EADDRNOTAVAIL : 0;
}

static const struct netdev_ops tun_ops = { .xmit = tap_xmit };
static const struct netdev_ops tap_ops = {
	.xmit = tap_xmit, .set_address = tap_set_address, .push_header = ethernet_push_header
};

static struct netdev *make_device(struct tap *t, u32 flags)
{
	bool tap = flags & IFF_TAP;
	struct netdev *d = netdev_new(tap ? &tap_ops : &tun_ops, &t->obj,
		tap ? LINK_ETHERNET : LINK_NONE);

	if (!d)
		return NULL;
	d->max_mtu = PACKET_MAX - 1 - (tap ? ETHERNET_HEADER : 0);
	d->features = NETDEV_SG;
	d->flags |= IFF_MULTICAST;
	if (tap) {
		random_bytes(span_first(span_of(d->address), ETHERNET_ADDR));
		d->address[0] = (d->address[0] & 0xfc) | 2; /* one of nobody's */
	} else {
		d->flags |= IFF_POINTOPOINT | IFF_NOARP;
		d->txqueuelen = TAP_LEN;
	}
	return d;
}

/* ---- attaching ---- */

/* The name that TUNSETIFF gives, up to its NUL. */
#define name_in(name) (cspan_first(cspan_of(name), cspan_strlen(cspan_of(name))))

/* Makes the file a queue. config held. 0, -EBUSY, -E2BIG. */
static int attach(struct tap *t, struct tap_file *tf)
{
	struct netdev *d = t->dev;
	int err = 0;

	spin_lock(&t->lock);
	if (t->nr_queues && !(t->flags & IFF_MULTI_QUEUE))
		err = -EBUSY;
	else if (t->nr_queues >= NETDEV_QUEUES)
		err = -E2BIG;
	if (!err) {
		tf->queue = t->nr_queues++;
		*array_at(t->files, tf->queue) = tf;
		store_once(d->nr_queues, t->nr_queues);
	}
	spin_unlock(&t->lock);
	if (!err)
		netdev_set_carrier(d, true);
	return err;
}

/* The last queue takes the place of the one that goes. config held. */
static void detach(struct tap *t, struct tap_file *tf)
{
	bool last = false;

	spin_lock(&t->lock);
	if (tf->queue != NOBODY) {
		t->nr_queues--;
		*array_at(t->files, tf->queue) = *array_at(t->files, t->nr_queues);
		(*array_at(t->files, tf->queue))->queue = tf->queue;
		*array_at(t->files, t->nr_queues) = NULL;
		tf->queue = NOBODY;
		store_once(t->dev->nr_queues, max(t->nr_queues, 1u));
		last = !t->nr_queues;
	}
	spin_unlock(&t->lock);
	if (last)
		netdev_set_carrier(t->dev, false);
}

static bool may_attach(const struct tap *t)
{
	const struct cred *c = thread_current()->cred;

	return cred_capable(c, CAP_NET_ADMIN) ||
		((t->owner == NOBODY || t->owner == c->euid) &&
			(t->group == NOBODY || cred_in_group(c, t->group)));
}

/* Attaches to the device @d, which exists. */
static int attach_existing(struct netdev *d, struct tap_file *tf, u32 flags)
{
	struct tap *t = d->ops == &tun_ops || d->ops == &tap_ops ? obj_cast(tap, d->driver) : NULL;
	int err;

	if (flags & IFF_TUN_EXCL)
		return -EBUSY;
	if (!t || !(t->flags & flags & (IFF_TUN | IFF_TAP)) || load_once(d->gone))
		return -EINVAL;
	if ((flags ^ t->flags) & IFF_MULTI_QUEUE)
		return -EINVAL;
	if (!may_attach(t))
		return -EPERM;
	err = attach(t, tf);
	if (err)
		return err;
	store_once(t->flags, (t->flags & ~TAP_FEATURES) | (flags & TAP_FEATURES));
	t->nr_files++;
	tf->dev = obj_get(d);
	store_release(tf->tap, t);
	return 0;
}

static int attach_new(const u8 (*name)[IFNAMSIZ], struct tap_file *tf, u32 flags)
{
	struct cspan want = name_in(*name);
	struct netdev *d;
	struct tap *t;
	int err;

	if (!cred_capable(thread_current()->cred, CAP_NET_ADMIN))
		return -EPERM;
	t = obj_new(tap);
	if (!t)
		return -ENOMEM;
	t->flags = flags & (TAP_FEATURES | IFF_TUN | IFF_TAP);
	t->vnet_len = VNET_LEAST;
	t->owner = t->group = NOBODY;
	t->sndbuf = 0x7fffffff;
	d = make_device(t, flags);
	t->dev = d;
	obj_put(&t);
	if (!d)
		return -ENOMEM;
	if (!cspan_len(want))
		want = flags & IFF_TAP ? STR("tap%d") : STR("tun%d");
	err = netdev_register_name(d, want);
	if (err) {
		obj_put(&d);
		return err;
	}
	t = obj_cast(tap, d->driver);
	t->nr_files = 1;
	tf->dev = d;
	store_release(tf->tap, t);
	return attach(t, tf);
}

struct tap_ifreq {
	u8 name[IFNAMSIZ];
	u16 flags;
	u8 rest[22];
};

static s64 set_iff(struct tap_file *tf, struct uaddr at)
{
	struct tap_ifreq r;
	struct netdev *d;
	s64 err;

	if (user_get(&r, at))
		return -EFAULT;
	r.name[IFNAMSIZ - 1] = 0;
	mutex_lock(&config);
	d = netdev_by_name(name_in(r.name));
	if (tf->tap)
		err = -EEXIST;
	else if (d)
		err = attach_existing(d, tf, r.flags);
	else if (!(r.flags & (IFF_TUN | IFF_TAP)) || (r.flags & IFF_TUN && r.flags & IFF_TAP))
		err = -EINVAL;
	else
		err = attach_new(&r.name, tf, r.flags);
	if (!err)
		span_copy(span_of(r.name), cspan_of(tf->tap->dev->name));
	mutex_unlock(&config);
	obj_put(&d);
	return err ? err : user_put(at, &r) ? -EFAULT : 0;
}

/* The file is closed. The last one takes the device with it, unless that is persistent. */
static void tap_file_close(struct file *f)
{
	struct tap_file *tf = obj_cast(tap_file, f->private);
	struct tap *t = tf ? tf->tap : NULL;

	if (!t)
		return;
	mutex_lock(&config);
	detach(t, tf);
	if (!--t->nr_files && !(t->flags & IFF_PERSIST))
		netdev_unregister(tf->dev);
	mutex_unlock(&config);
}

/* ---- packets of the program ---- */

static bool read_gso(const struct vnet_header *v, struct packet *p)
{
	u8 kind = v->gso & ~VNET_ECN;
	bool is4 = p->ethertype == 0x0800;
	u8 protocol = 0;

	if (!kind)
		return true;
	/* The protocol at its place in the internet header, which the head begins with. */
	if (!v->gso_size || !packet_read(p, is4 ? 9 : 6, value_span(&protocol)))
		return false;
	p->gso_size = v->gso_size;
	switch (kind) {
	case VNET_TCP4:
		p->gso = GSO_TCP4;
		return is4 && protocol == 6;
	case VNET_TCP6:
		p->gso = GSO_TCP6;
		return !is4 && protocol == 6;
	case VNET_UDP:
		p->gso = GSO_UDP;
		return protocol == 17;
	case VNET_UFO:
		p->gso_size = 0;
		return protocol == 17;
	default:
		return false;
	}
}

/* What the virtio header says of the packet, whose frame begins at @start of data[]. */
static bool read_vnet(const struct vnet_header *v, struct packet *p, u32 start)
{
	u32 at = start + v->csum_start;

	if (v->flags & VNET_NEEDS_CSUM) {
		if (at < p->head || at + v->csum_offset + 2 > p->tail)
			return false;
		p->csum = CSUM_PARTIAL;
		p->csum_start = (u16)at;
		p->csum_offset = v->csum_offset;
	} else if (v->flags & VNET_DATA_VALID) {
		p->csum = CSUM_GOOD;
	}
	return read_gso(v, p);
}

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
	if ((v->flags & VNET_NEEDS_CSUM) && v->csum_start + v->csum_offset + 2u > v->header_len)
		v->header_len = (u16)(v->csum_start + v->csum_offset + 2u);
	return v->header_len > u->left ? -EINVAL : 0;
}

/* The bytes of the packet: as many as fit into the head, the rest in pages. 0 or -errno. */
static int take_bytes(struct packet *p, struct uio *u)
{
	u32 n = (u32)min(u->left, (size_t)(PACKET_DATA - TAP_ROOM));

	if (uio_take(u, span_sub(span_of(p->data), p->tail, n)) < n)
		return -EFAULT;
	p->tail += (u16)n;
	p->len = n;
	return u->left ? packet_add_user(p, u, (u32)u->left) : 0;
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
	p->ethertype = first == 4 ? 0x0800 : 0x86dd;
	return 0;
}

static int receive(struct tap *t, struct uio *u)
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
	err = take_bytes(p, u);
	if (!err)
		err = tap ? (ethernet_parse(t->dev, p) ? 0 : -EINVAL) : set_protocol(t, p, &pi);
	if (!err && !read_vnet(&v, p, TAP_ROOM))
		err = -EINVAL;
	if (!err && !(load_once(t->dev->flags) & IFF_UP))
		err = -EIO;
	if (err)
		packet_drop(&p);
	else
		netdev_receive(t->dev, p);
	return err;
}

static ssize_t tap_write(struct file *f, struct uio *u, u64 *pos)
{
	struct tap_file *tf = obj_cast(tap_file, f->private);
	struct tap *t = load_acquire(tf->tap);
	size_t len = u->left;
	int err;

	(void)pos;
	if (!t || load_once(tf->queue) == NOBODY)
		return -EBADFD;
	err = receive(t, u);
	netdev_run();
	return err ? err : (ssize_t)len;
}

/* ---- packets for the program ---- */

static struct packet *take_packet(struct tap *t, struct tap_file *tf)
{
	struct packet *p;

	spin_lock(&t->lock);
	p = list_first(&tf->packets);
	if (p) {
		list_remove(&tf->packets, p, link);
		store_once(tf->nr, tf->nr - 1);
	}
	spin_unlock(&t->lock);
	return p;
}

static bool put_vnet(const struct tap *t, const struct packet *p, struct uio *u)
{
	struct vnet_header v = { 0 };

	if (p->csum == CSUM_PARTIAL) {
		v.flags = VNET_NEEDS_CSUM;
		v.csum_start = p->csum_start - p->head;
		v.csum_offset = p->csum_offset;
	}
	if (p->gso) {
		v.gso = p->gso == GSO_TCP4 ? VNET_TCP4 : p->gso == GSO_TCP6 ? VNET_TCP6 : VNET_UDP;
		v.gso_size = p->gso_size;
		v.header_len = p->tail - p->head;
	}
	return uio_put(u, value_cspan(&v)) == sizeof(v) &&
		uio_put_zero(u, t->vnet_len - VNET_LEAST) == t->vnet_len - VNET_LEAST;
}

/* Gives the packet to the program: the bytes copied, or -errno. */
static ssize_t put_packet(const struct tap *t, const struct packet *p, struct uio *u)
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
		if (!put_vnet(t, p, u))
			return -EFAULT;
	}
	n = min((size_t)p->len, u->left);
	if (packet_to_user(p, 0, u, n) < n)
		return -EFAULT;
	return (ssize_t)min(total, room);
}

static ssize_t tap_read(struct file *f, struct uio *u, u64 *pos)
{
	struct tap_file *tf = obj_cast(tap_file, f->private);
	struct tap *t = load_acquire(tf->tap);
	struct packet *p;
	ssize_t n;
	int err;

	(void)pos;
	if (!t)
		return -EBADFD;
	if (!u->left)
		return 0;
	while ((p = take_packet(t, tf)) == NULL) {
		if (load_once(f->flags) & O_NONBLOCK)
			return -EAGAIN;
		wait_event(&tf->read_wait, load_once(tf->nr), WAIT_INTERRUPTIBLE, NO_DEADLINE,
			&err);
		if (err)
			return -ERESTARTSYS;
	}
	n = put_packet(t, p, u);
	packet_drop(&p);
	return n;
}

static u32 tap_poll(struct file *f, struct poll_table *pt)
{
	struct tap_file *tf = obj_cast(tap_file, f->private);
	struct tap *t = load_acquire(tf->tap);

	poll_wait(pt, &tf->poll);
	if (!t)
		return POLLERR;
	return (load_once(tf->nr) ? POLLIN | POLLRDNORM : 0u) |
		(load_once(t->dev->flags) & IFF_UP ? POLLOUT | POLLWRNORM : 0u);
}

/* ---- ioctl ---- */

static s64 set_offload(struct tap *t, u64 arg)
{
	u32 features = NETDEV_SG;

	if (arg & ~(u64)(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_ECN | TUN_F_UFO))
		return -EINVAL;
	if (!(arg & TUN_F_CSUM)) {
		if (arg & ~(u64)TUN_F_UFO)
			return -EINVAL;
	} else {
		features |= NETDEV_CSUM;
		if ((arg & TUN_F_TSO4) && (arg & TUN_F_TSO6))
			features |= NETDEV_GSO_TCP;
	}
	store_once(t->dev->features, features);
	return 0;
}

static s64 set_queue(struct tap_file *tf, struct tap *t, struct uaddr at)
{
	struct tap_ifreq r;
	s64 err = -EINVAL;

	if (user_get(&r, at))
		return -EFAULT;
	if (!(t->flags & IFF_MULTI_QUEUE))
		return -EINVAL;
	mutex_lock(&config);
	if (r.flags == IFF_DETACH_QUEUE && tf->queue != NOBODY) {
		detach(t, tf);
		err = 0;
	} else if (r.flags == IFF_ATTACH_QUEUE && tf->queue == NOBODY) {
		err = may_attach(t) ? attach(t, tf) : -EPERM;
	}
	mutex_unlock(&config);
	return err;
}

static s64 get_iff(const struct tap *t, struct uaddr at)
{
	struct tap_ifreq r = { .flags = (u16)t->flags };

	span_copy(span_of(r.name), cspan_of(t->dev->name));
	return user_put(at, &r) ? -EFAULT : 0;
}

static s64 set_vnet_len(struct tap *t, struct uaddr at)
{
	s32 n;

	if (user_get(&n, at))
		return -EFAULT;
	if (n < (s32)VNET_LEAST || n > 256)
		return -EINVAL;
	store_once(t->vnet_len, (u32)n);
	return 0;
}

/* SIOCGIFHWADDR and SIOCSIFHWADDR have a struct ifreq, as on sockets. */
#define SIOCGIFHWADDR 0x8927u
#define SIOCSIFHWADDR 0x8924u

static s64 hwaddr(struct tap *t, u32 cmd, struct uaddr at)
{
	struct tap_ifreq r;
	u8 address[LINK_ADDR_MAX] = { 0 };
	s64 err;

	if (user_get(&r, at))
		return -EFAULT;
	if (cmd == SIOCGIFHWADDR) {
		r.flags = (u16)t->dev->kind;
		span_copy(span_of(r.rest),
			cspan_first(cspan_of(t->dev->address), t->dev->address_len));
		return user_put(at, &r) ? -EFAULT : 0;
	}
	span_copy(span_first(span_of(address), ETHERNET_ADDR), cspan_of(r.rest));
	mutex_lock(&net_config);
	err = r.flags == t->dev->kind ? netdev_set_address(t->dev, &address) : -EINVAL;
	mutex_unlock(&net_config);
	return err;
}

static s64 attached_ioctl(struct tap_file *tf, struct tap *t, u32 cmd, u64 arg)
{
	s32 v;

	switch (cmd) {
	case TUNGETIFF:
		return get_iff(t, UADDR(arg));
	case TUNSETPERSIST:
		mutex_lock(&config);
		store_once(t->flags, arg ? t->flags | IFF_PERSIST : t->flags & ~IFF_PERSIST);
		mutex_unlock(&config);
		return 0;
	case TUNSETOWNER:
		t->owner = (u32)arg;
		return 0;
	case TUNSETGROUP:
		t->group = (u32)arg;
		return 0;
	case TUNSETOFFLOAD:
		return set_offload(t, arg);
	case TUNSETQUEUE:
		return set_queue(tf, t, UADDR(arg));
	case TUNGETVNETHDRSZ:
		v = (s32)t->vnet_len;
		return user_put(UADDR(arg), &v) ? -EFAULT : 0;
	case TUNSETVNETHDRSZ:
		return set_vnet_len(t, UADDR(arg));
	case TUNGETSNDBUF:
		v = (s32)t->sndbuf;
		return user_put(UADDR(arg), &v) ? -EFAULT : 0;
	case TUNSETSNDBUF:
		if (user_get(&v, UADDR(arg)))
			return -EFAULT;
		if (v <= 0)
			return -EINVAL;
		t->sndbuf = (u32)v;
		return 0;
	case TUNSETCARRIER:
		if (user_get(&v, UADDR(arg)))
			return -EFAULT;
		netdev_set_carrier(t->dev, v != 0);
		return 0;
	case TUNSETNOCSUM:
	case TUNSETDEBUG:
		return 0;
	case SIOCGIFHWADDR:
	case SIOCSIFHWADDR:
		return hwaddr(t, cmd, UADDR(arg));
	default:
		return -EINVAL;
	}
}

static s64 tap_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct tap_file *tf = obj_cast(tap_file, f->private);
	struct tap *t = load_acquire(tf->tap);
	u32 features = IFF_TUN | IFF_TAP | TAP_FEATURES;

	if (cmd == TUNSETIFF)
		return set_iff(tf, UADDR(arg));
	if (cmd == TUNGETFEATURES)
		return user_put(UADDR(arg), &features) ? -EFAULT : 0;
	return t ? attached_ioctl(tf, t, cmd, arg) : -EBADFD;
}

/* ---- the open file ---- */

static int tap_open(struct file *f)
{
	struct tap_file *tf = obj_new(tap_file);

	if (!tf)
		return -ENOMEM;
	tf->queue = NOBODY;
	f->private = &tf->obj;
	f->mode |= FMODE_STREAM;
	return 0;
}

static const struct file_ops tap_file_ops = { .open = tap_open,
	.release = tap_file_close,
	.read = tap_read,
	.write = tap_write,
	.poll = tap_poll,
	.ioctl = tap_ioctl };

void tap_init(void)
{
	lock_level(&config, LOCK_TAP);
	if (chrdev_register(10, 200, 1, LIT("net/tun"), S_IFCHR | 0666, &tap_file_ops))
		kernel_panic("no memory for /dev/net/tun");
}
