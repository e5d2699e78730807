// SPDX-License-Identifier: MPL-2.0
/*
 * /dev/net/tun: network devices whose link is a user program (tun(4),
 * Documentation/networking/tuntap).
 *
 * TUNSETIFF makes a device, or attaches the open file to one that exists, as a queue of it. What
 * the machine sends by the device waits in the queue's list until the program reads it; what the
 * program writes, the device has received. A tap device has Ethernet frames, a tun device internet
 * packets. With IFF_VNET_HDR each packet has a virtio header, by which it may be large and without
 * a checksum. The device goes with its last file, unless it is persistent.
 *
 * A queue that is full drops packets, as on Linux: a program that does not read must not stop
 * others. A packet leaves its sender's buffer when it is put into the list, since it may stay there
 * for ever.
 *
 * `ip link del` removes a device that files are attached to. They stay attached to an object that
 * is marked as removed, and all that they can do is to be closed.
 *
 * Who may what: to make a device needs CAP_NET_ADMIN; a persistent one may be attached to by its
 * owner or group without it (TUNSETOWNER, TUNSETGROUP), so such a user can send and receive any
 * frame there. All that the program writes is as untrusted as frames of a cable. Memory: a queue
 * holds TAP_QUEUE_BYTES, and txqueuelen packets.
 *
 * A file keeps its device by a reference and tap_file.tap, which is set once, so reads and writes
 * take no lock to find it; they look at `removed`.
 *
 * Locking: config (mutex) serializes attaching and detaching, and is taken before net_config.
 * tap.lock (a leaf) guards the array of queues and their lists. tap_file.tap is set once.
 */
#include <frame/boot.h>
#include <frame/cpu.h>
#include <frame/sync.h>
#include <kernel/chrdev.h>
#include <kernel/cred.h>
#include <kernel/inode.h>
#include <kernel/locks.h>
#include <kernel/random.h>
#include <kernel/sigio.h>
#include <kernel/socket.h>
#include <kernel/text.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/errno.h>
#include <uapi/fs.h>
#include <uapi/if.h>

#include "tap.h"
#include "virtual.h"

/*
 * Numbers of <linux/if_tun.h>. Their upper half has the size of an argument that some do not have;
 * that is how Linux defines them.
 */
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

#define TUN_F_CSUM 1u
#define TUN_F_TSO4 2u
#define TUN_F_TSO6 4u
#define TUN_F_ECN  8u
#define TUN_F_UFO  16u

static struct mutex config;

/* The last reference to the open file's part: packets that nobody has read go with it. */
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

OBJ_TYPE(tap, NULL_RELEASE);

/* ---- the device ---- */

/*
 * From netdev_send, with the queue's lock held; 0 also for a drop, which is final: there is no ring
 * that could have room later.
 */
static int tap_xmit(struct netdev *d, u32 queue, struct packet *p, bool more)
{
	struct tap *t = obj_cast(tap, d->driver);
	bool good;

	(void)more;
	packet_uncharge(p);
	spin_lock(&t->lock);
	good = tap_enqueue(t, queue, p);
	spin_unlock(&t->lock);
	if (!good) {
		struct netdev_stats *const stats = array_at(d->stats, cpu_id());
		stats->tx_dropped++;
		packet_drop(&p);
	}
	return 0;
}

/*
 * The last queue takes the place of the one that goes. config held. t->lock guards the array that
 * tap_xmit reads. The carrier goes with the last queue, which takes net_config, after the lock.
 */
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
	if (last && !t->removed)
		netdev_set_carrier(t->dev, false);
}

/*
 * The device goes while files are attached: from then on they have no device (-EBADFD). Each is
 * detached, so nothing is put into its list any more, and then its readers wake up and see why. A
 * file that is attached stays: it goes under config, too.
 */
static void tap_remove(struct netdev *d)
{
	struct tap *t = obj_cast(tap, d->driver);
	struct tap_file *tf;

	mutex_lock(&config);
	if (!t->removed) {
		store_once(t->removed, true);
		while (t->nr_queues) {
			tf = *array_at(t->files, t->nr_queues - 1);
			detach(t, tf);
			waitq_wake_all(&tf->read_wait);
			poll_notify(tf->poll, POLLERR);
		}
		netdev_unregister(d);
	}
	mutex_unlock(&config);
}

/*
 * Words without a lock: they are of this moment, each for itself. A file that has detached its
 * queue still counts as one of the device's.
 */
static void tap_info(const struct netdev *d, struct netdev_tun_info *out)
{
	const struct tap *t = obj_cast(tap, d->driver);
	u32 flags = load_once(t->flags), queues = load_once(t->nr_queues);

	*out = (struct netdev_tun_info){ .owner = load_once(t->owner),
		.group = load_once(t->group),
		.nr_queues = queues,
		.nr_disabled = max(load_once(t->nr_files), queues) - queues,
		.tap = flags & IFF_TAP,
		.pi = !(flags & IFF_NO_PI),
		.vnet = flags & IFF_VNET_HDR,
		.persistent = flags & IFF_PERSIST,
		.multi_queue = flags & IFF_MULTI_QUEUE };
}

/* As Linux tells it (drivers/net/tun.c). */
static void tap_ethtool(const struct netdev *d, struct netdev_ethtool *out)
{
	const struct tap *t = obj_cast(tap, d->driver);
	u32 flags = load_once(t->flags);

	out->driver = LIT("tun");
	out->version = LIT("1.6");
	out->bus = flags & IFF_TAP ? LIT("tap") : LIT("tun");
	out->channels = load_once(t->nr_queues);
	out->most_channels = flags & IFF_MULTI_QUEUE ? NETDEV_QUEUES : 1;
	out->has_settings = true;
	out->duplex = 1; /* full */
	out->has_messages = true;
}

static const struct netdev_ops tun_ops = { .xmit = tap_xmit,
	.remove = tap_remove,
	.kind = LIT("tun"),
	.tun_info = tap_info,
	.ethtool = tap_ethtool };
static const struct netdev_ops tap_ops = { .xmit = tap_xmit,
	.set_address = virtual_set_address,
	.push_header = ethernet_push_header,
	.remove = tap_remove,
	.kind = LIT("tun"),
	.tun_info = tap_info,
	.ethtool = tap_ethtool };

/* Whether it is a tun or tap device. By the table of operations, which only this file has. */
static bool is_tap(const struct netdev *d)
{
	return d->ops == &tun_ops || d->ops == &tap_ops;
}

bool tap_get_info(const struct netdev *d, struct tap_info *const out)
{
	const struct tap *t = is_tap(d) ? obj_cast(tap, d->driver) : NULL;

	if (!t)
		return false;
	out->flags = load_once(t->flags) & (TAP_FEATURES | IFF_PERSIST | IFF_TUN | IFF_TAP);
	out->owner = load_once(t->owner);
	out->group = load_once(t->group);
	return true;
}

/*
 * A device as Linux makes it: an own address for a tap, and no links' addresses at all for a tun.
 */
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
	d->speed = 10000; /* as Linux says */
	if (tap) {
		d->address_origin = NETDEV_ADDR_RANDOM;
		random_bytes(span_first(span_of(d->address), ETHERNET_ADDR));
		d->address[0] = (d->address[0] & 0xfc) | 2; /* one of nobody's */
	} else {
		d->flags |= IFF_POINTOPOINT | IFF_NOARP;
		d->txqueuelen = TAP_LEN;
	}
	return d;
}

/* ---- attaching ---- */

/*
 * Makes the file a queue. config held. 0, -EBUSY, -E2BIG. The carrier comes with the first queue:
 * what the machine sends before has nobody who reads.
 */
static int tap_attach(struct tap *t, struct tap_file *tf)
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

/*
 * A device that has neither owner nor group set is anybody's who can name it: that is Linux's rule
 * for persistent devices, and why making one needs CAP_NET_ADMIN.
 */
static bool may_attach(const struct tap *t)
{
	const struct cred *c = thread_current()->cred;

	return cred_capable(c, CAP_NET_ADMIN) ||
		((t->owner == NOBODY || t->owner == c->euid) &&
			(t->group == NOBODY || cred_in_group(c, t->group)));
}

/*
 * Attaches to the device @d, which exists. The flags that say what stands before a packet are the
 * file's that came last, for all files.
 */
static int attach_existing(struct netdev *d, struct tap_file *tf, u32 flags)
{
	struct tap *t = is_tap(d) ? obj_cast(tap, d->driver) : NULL;
	int err;

	if (flags & IFF_TUN_EXCL)
		return -EBUSY;
	if (!t || !(t->flags & flags & (IFF_TUN | IFF_TAP)) || t->removed || load_once(d->gone))
		return -EINVAL;
	if ((flags ^ t->flags) & IFF_MULTI_QUEUE)
		return -EINVAL;
	if (!may_attach(t))
		return -EPERM;
	err = tap_attach(t, tf);
	if (err)
		return err;
	store_once(t->flags, (t->flags & ~TAP_FEATURES) | (flags & TAP_FEATURES));
	t->nr_files++;
	tf->dev = obj_get(d);
	store_release(tf->tap, t);
	return 0;
}

/*
 * The file gets the device before it is attached, so that an error of attach leaves a device that
 * goes with the file.
 */
static int attach_new(const u8 (*name)[IFNAMSIZ], struct tap_file *tf, u32 flags)
{
	struct cspan want = text_in(*name);
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
	return tap_attach(t, tf);
}

struct tap_ifreq {
	u8 name[IFNAMSIZ];
	u16 flags;
	u8 rest[22];
};

/*
 * config makes the search by name and the making one step: of two programs that ask for one name,
 * the second attaches to the first one's device.
 */
static s64 set_iff(struct tap_file *tf, struct uaddr at)
{
	struct tap_ifreq r;
	struct netdev *d;
	s64 err;

	if (user_get(&r, at))
		return -EFAULT;
	r.name[IFNAMSIZ - 1] = 0;
	mutex_lock(&config);
	d = netdev_by_name(text_in(r.name));
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
	if (!--t->nr_files && !(t->flags & IFF_PERSIST) && !t->removed)
		netdev_unregister(tf->dev);
	mutex_unlock(&config);
}

/* ---- ioctl ---- */

/*
 * What the program can take: without TUN_F_CSUM packets have their sums, without both TSO bits they
 * are cut. UFO means nothing here, but is accepted, as programs ask for it.
 */
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

/*
 * IFF_DETACH_QUEUE and IFF_ATTACH_QUEUE: a file of several may step back, and keeps what it has not
 * read.
 */
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
	} else if (t->removed) {
		err = -EBADFD;
	} else if (r.flags == IFF_ATTACH_QUEUE && tf->queue == NOBODY) {
		err = may_attach(t) ? tap_attach(t, tf) : -EPERM;
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

/* Drivers of virtual machines have longer headers; what is beyond ours is zero. */
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

/*
 * As on Linux, whoever has an attached file may change all of this. Sizes that are stored without a
 * lock are read once by each packet.
 */
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

/* Before TUNSETIFF there is no device, so all but two are EBADFD. */
static s64 tap_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct tap_file *tf = obj_cast(tap_file, f->private);
	struct tap *t = load_acquire(tf->tap);
	u32 features = IFF_TUN | IFF_TAP | TAP_FEATURES;

	if (cmd == TUNSETIFF)
		return set_iff(tf, UADDR(arg));
	if (cmd == TUNGETFEATURES)
		return user_put(UADDR(arg), &features) ? -EFAULT : 0;
	return t && !load_once(t->removed) ? attached_ioctl(tf, t, cmd, arg) : -EBADFD;
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

/* O_ASYNC without an owner: the caller. */
static int tap_set_flags(struct file *f, u32 flags)
{
	if (!(flags & ~f->flags & O_ASYNC))
		return 0;
	return sigio_set_owner(f, F_OWNER_PID, thread_current()->process->pid, true);
}

static void tap_async(struct file *f, struct poll_table *pt)
{
	poll_wait(pt, &obj_cast(tap_file, f->private)->poll);
}

static const struct file_ops tap_file_ops = { .open = tap_open,
	.release = tap_file_close,
	.read = tap_read,
	.write = tap_write,
	.poll = tap_poll,
	.set_flags = tap_set_flags,
	.async = tap_async,
	.ioctl = tap_ioctl };

/* At power-off: the programs have ended. */
void tap_shutdown(void)
{
	struct netdev *d;
	u32 index = 0;

	while ((d = netdev_next(index)) != NULL) {
		index = d->index;
		if (is_tap(d))
			netdev_unregister(d);
		obj_put(&d);
	}
}

void tap_init(void)
{
	lock_level(&config, LOCK_TAP);
	if (chrdev_register(10, 200, 1, LIT("net/tun"), S_IFCHR | 0666, &tap_file_ops))
		kernel_panic("no memory for /dev/net/tun");
}
