// SPDX-License-Identifier: MPL-2.0
/*
 * Virtio's network device (virtio 1.2, 5.1), eth0 as on Linux: finding it, its life, its
 * interrupts, the tasks of its queues. virtio_net.h says how it works.
 */
#include "virtio_net.h"

#include <kernel/random.h>

#define TX_LOOK_NS (100 * NSEC_PER_MSEC)

/* The configuration space (5.1.4). */
enum { AT_MAC = 0, AT_STATUS = 6, AT_PAIRS = 8, AT_MTU = 10 };
#define LINK_UP 1u

/* The device's header, the packet's, and a VLAN tag. */
#define ONE_PAGE_MTU ((u32)PAGE_SIZE - VIRTNET_HEADER - ETHERNET_HEADER - 4)
#define MOST_MTU     (PACKET_MAX - ETHERNET_HEADER - 4)

static void virtnet_release(struct virtnet *n)
{
	u32 i;

	for (i = 0; i < VIRTNET_PAIRS; i++)
		obj_put(array_at(n->queue, i));
	obj_put(&n->netdev);
	page_put(&n->ctrl_page);
}
OBJ_TYPE(virtnet, virtnet_release);

static void virtnet_queue_release(struct virtnet_queue *q)
{
	(void)q; /* it has pages only while the device is open */
}
OBJ_TYPE(virtnet_queue, virtnet_queue_release);

/* ---- features ---- */

/* What the configuration space has room for. */
static u64 virtnet_wanted(const struct virtnet *n)
{
	u64 size = iomem_size(virtio_config(n->dev));
	u64 wanted = VIRTNET_F_CSUM | VIRTNET_F_GUEST_CSUM | VIRTNET_TSO | VIRTNET_GUEST_TSO |
		VIRTNET_F_MRG_RXBUF | VIRTNET_F_CTRL_VQ | VIRTNET_F_CTRL_RX | VIRTNET_F_CTRL_MAC;

	if (size >= AT_MAC + ETHERNET_ADDR)
		wanted |= VIRTNET_F_MAC;
	if (size >= AT_STATUS + 2)
		wanted |= VIRTNET_F_STATUS;
	if (size >= AT_PAIRS + 2)
		wanted |= VIRTNET_F_MQ;
	if (size >= AT_MTU + 2)
		wanted |= VIRTNET_F_MTU;
	return wanted;
}

/* Features without those that need others, or whose values the driver cannot use (5.1.3.1). */
static u64 virtnet_usable(struct virtnet *n, u64 f)
{
	u32 pairs;

	if (!(f & VIRTNET_F_CSUM) || (f & VIRTNET_TSO) != VIRTNET_TSO)
		f &= ~VIRTNET_TSO;
	/* A packet of many segments needs many pages. */
	if (!(f & VIRTNET_F_GUEST_CSUM) || !(f & VIRTNET_F_MRG_RXBUF) ||
		(f & VIRTNET_GUEST_TSO) != VIRTNET_GUEST_TSO)
		f &= ~VIRTNET_GUEST_TSO;
	if (!(f & VIRTNET_F_CTRL_VQ))
		f &= ~(VIRTNET_F_CTRL_RX | VIRTNET_F_CTRL_MAC | VIRTNET_F_MQ);
	if (f & VIRTNET_F_MQ) {
		pairs = iomem_read16(virtio_config(n->dev), AT_PAIRS);
		if (!pairs || pairs > VIRTNET_PAIRS)
			f &= ~VIRTNET_F_MQ;
	}
	if ((f & VIRTNET_F_MTU) && iomem_read16(virtio_config(n->dev), AT_MTU) < 68)
		f &= ~VIRTNET_F_MTU;
	return f;
}

/*
 * 0: n->features are accepted. A device whose values change each time is given up. What is usable
 * depends on values that may be read only after the features are accepted. So the driver accepts,
 * looks, and if less is usable resets the device and accepts that.
 */
static int virtnet_negotiate(struct virtnet *n, u64 wanted)
{
	u64 got = 0;
	u32 i;
	int err = 0;

	for (i = 0; i < 3 && !err; i++) {
		err = virtio_negotiate(n->dev, wanted, &got);
		if (err)
			return err;
		wanted = virtnet_usable(n, got);
		if (wanted == got) {
			n->features = got;
			n->header = got & (VIRTIO_F_VERSION_1 | VIRTNET_F_MRG_RXBUF)
				? VIRTNET_HEADER
				: VIRTNET_HEADER_LEGACY;
			return 0;
		}
		err = virtio_reset(n->dev);
	}
	return err ? err : -EIO;
}

/* ---- interrupts ---- */

void virtnet_break(struct virtnet *n)
{
	store_once(n->broken, true);
	store_once(n->config_changed, true);
	waitq_wake_one(&n->queue[0]->wait);
}

/* A line of one ring: there are messages, so nothing is to be acknowledged. */
static void queue_handle(struct obj *owner)
{
	struct virtnet_queue *q = obj_cast(virtnet_queue, owner);

	ring_disarm(q->rx);
	waitq_wake_one(&q->wait);
}
static const struct irq_ops queue_irq = { .handle = queue_handle };

/* The line of the configuration space, and of all that have none of their own. */
static void net_handle(struct obj *owner)
{
	struct virtnet *n = obj_cast(virtnet, owner);
	u32 i;

	if (virtio_causes(n->dev) & VIRTIO_CAUSE_CONFIG)
		store_once(n->config_changed, true);
	waitq_wake_all(&n->ctrl_wait);
	for (i = 0; i < n->nr_pairs; i++)
		queue_handle(&(*array_at(n->queue, i))->obj);
}
static const struct irq_ops net_irq = { .handle = net_handle };

/* Notes the line for the detach. A device without a line cannot be used. */
static int virtnet_irq_attach(struct virtnet *n, struct irq_line *line, const struct irq_ops *ops,
	struct obj *owner)
{
	int err = line ? irq_line_attach(line, ops, owner) : -ENODEV;

	if (err)
		return err;
	*array_at(n->line, n->nr_lines) = line;
	n->nr_lines++;
	return 0;
}

/*
 * One line for the configuration, and one for each ring where the transport has them. A device with
 * a single line has it for everything: net_handle then looks at all rings.
 */
static int virtnet_attach(struct virtnet *n)
{
	struct irq_line *common = virtio_config_irq(n->dev), *line;
	int err = virtnet_irq_attach(n, common, &net_irq, &n->obj);
	u32 i;

	for (i = 0; i < 2 * n->nr_pairs && !err; i++) {
		line = virtio_irq(n->dev, i);
		if (line != common)
			err = virtnet_irq_attach(n, line, &queue_irq,
				&(*array_at(n->queue, i / 2))->obj);
	}
	line = n->ctrl ? virtio_irq(n->dev, 2 * n->most_pairs) : common;
	if (!err && line != common)
		err = virtnet_irq_attach(n, line, &net_irq, &n->obj);
	return err;
}

/* When it returns no handler runs any more: each detach waits for its own. */
static void virtnet_detach(struct virtnet *n)
{
	for (; n->nr_lines; n->nr_lines--)
		irq_line_detach(*array_at(n->line, n->nr_lines - 1));
}

/* ---- the tasks ---- */

/* Reads the state of the link; a broken device has none. */
static void virtnet_look_at_link(struct virtnet *n)
{
	struct netdev *d = n->netdev;
	bool up = !(n->features & VIRTNET_F_STATUS) ||
		(iomem_read16(virtio_config(n->dev), AT_STATUS) & LINK_UP);

	if (load_once(n->broken)) {
		up = false;
		if (d->carrier)
			log_warn(
				"virtio-net: the device broke a ring; it is dead until it is set down and up");
	}
	netdev_set_carrier(d, up);
}

/* As card_has_work (card.c): the ring is armed before the last look. */
static bool queue_has_work(struct virtnet_queue *q, bool quiet)
{
	return (load_acquire(q->live) && !ring_arm(q->rx)) || virtnet_tx_has_room(q) ||
		(quiet && !load_once(q->tx_quiet)) ||
		(q->index == 0 && load_once(q->net->config_changed));
}

/* Sleeps until there is work, or until @look_ns. */
static void queue_wait(struct virtnet_queue *q, u64 *const look_ns)
{
	bool quiet = load_once(q->tx_quiet);
	int err;

	if (quiet)
		*look_ns = NO_DEADLINE;
	else if (*look_ns == NO_DEADLINE)
		*look_ns = time_mono_ns() + TX_LOOK_NS;
	wait_event(&q->wait, queue_has_work(q, quiet), WAIT_UNINTERRUPTIBLE, *look_ns, &err);
}

/*
 * The task of one pair of rings, for as long as the device exists. The first one also reports the
 * link.
 */
static void queue_run(struct obj *owner)
{
	struct virtnet_queue *q = obj_cast(virtnet_queue, owner);
	u64 look_ns = NO_DEADLINE;
	bool more = false, expired;

	for (;;) {
		if (!more)
			queue_wait(q, &look_ns);
		mutex_lock(&q->lock);
		more = q->live && virtnet_rx_burst(q);
		mutex_unlock(&q->lock);
		netdev_run();
		expired = look_ns != NO_DEADLINE && time_mono_ns() >= look_ns;
		if (expired || load_once(q->tx_full))
			virtnet_tx_look(q, expired);
		if (expired)
			look_ns = NO_DEADLINE;
		if (q->index == 0 && load_once(q->net->config_changed)) {
			store_once(q->net->config_changed, false);
			virtnet_look_at_link(q->net);
		}
		task_cond_resched();
	}
}
static const struct task_ops queue_ops = { .run = queue_run };

/* ---- open and stop; net_config held ---- */

/* In the reverse order of the open: no interrupts, no users of the rings, then the reset. */
static void virtnet_stop(struct netdev *d)
{
	struct virtnet *n = virtnet_of(d);
	u32 i;

	virtnet_detach(n);
	for (i = 0; i < n->nr_pairs; i++) {
		struct virtnet_queue *q = *array_at(n->queue, i);
		mutex_lock(&q->lock);
		virtnet_rx_stop(q);
		mutex_unlock(&q->lock);
		virtnet_tx_stop(q);
	}
	virtnet_ctrl_stop(n);
	/*
	 * Last, so that nobody takes a ring that is being reset for a broken one. The frame keeps
	 * the pages that are lent until the device confirms; if it does not, the next open asks
	 * again.
	 */
	(void)!virtio_reset(n->dev);
}

/*
 * From reset to running (3.1.1). A device that offers other features than at its probe is refused:
 * queues and sizes were chosen by those.
 */
static int virtnet_set_up(struct virtnet *n)
{
	u64 features = n->features;
	u32 i;
	int err = virtio_reset(n->dev);

	if (!err)
		err = virtnet_negotiate(n, features);
	if (!err && n->features != features) {
		n->features = features;
		err = -EIO;
	}
	for (i = 0; i < n->nr_pairs && !err; i++) {
		struct virtnet_queue *q = *array_at(n->queue, i);
		err = virtio_ring(n->dev, 2 * i, 1, &q->rx);
		if (!err)
			err = virtio_ring(n->dev, 2 * i + 1, PACKET_FRAGS + 1, &q->tx);
	}
	if (!err)
		err = virtnet_ctrl_start(n);
	if (!err)
		err = virtnet_attach(n);
	return err ? err : virtio_start(n->dev);
}

/* The queue's task sleeps while the device is down. Woken, it finds the ring live and arms it. */
static int virtnet_start_queue(struct virtnet_queue *q)
{
	int err;

	mutex_lock(&q->lock);
	err = virtnet_rx_start(q);
	mutex_unlock(&q->lock);
	if (!err)
		err = virtnet_tx_start(q);
	waitq_wake_one(&q->wait);
	return err;
}

/*
 * Buffers are posted when the device runs. An error at any step is undone by the stop, which takes
 * also a device that is set up in part.
 */
static int virtnet_open(struct netdev *d)
{
	struct virtnet *n = virtnet_of(d);
	int err = virtnet_set_up(n);
	u32 i;

	store_once(n->broken, false);
	for (i = 0; i < n->nr_pairs && !err; i++)
		err = virtnet_start_queue(*array_at(n->queue, i));
	if (!err)
		err = virtnet_ctrl_tell(n);
	if (err) {
		virtnet_stop(d);
		return err;
	}
	store_once(n->config_changed, true);
	waitq_wake_one(&n->queue[0]->wait);
	return 0;
}

/* A device that was never up has no rings yet, and reports 0 for their sizes. */
static void virtnet_ethtool(const struct netdev *d, struct netdev_ethtool *out)
{
	const struct virtnet *n = obj_cast(virtnet, d->driver);
	const struct virtnet_queue *q = load_once(*array_at(n->queue, 0));
	struct ring *rx = q ? load_once(q->rx) : NULL, *tx = q ? load_once(q->tx) : NULL;

	out->driver = LIT("virtio_net");
	out->version = LIT("1.0.0");
	out->rx_ring = rx ? ring_size(rx) : 0;
	out->tx_ring = tx ? ring_size(tx) : 0;
	out->channels = d->nr_queues;
	out->most_channels = n->most_pairs;
	out->has_settings = true;
	out->duplex = out->port = 0xff; /* not known, another one */
}

static const struct netdev_ops virtnet_ops = {
	.open = virtnet_open,
	.stop = virtnet_stop,
	.xmit = virtnet_xmit,
	.set_rx_mode = virtnet_set_rx_mode,
	.set_address = virtnet_set_address,
	.push_header = ethernet_push_header,
	.ethtool = virtnet_ethtool,
};

/* ---- probe ---- */

/* The device's address, or a random one that is locally administered. */
static void virtnet_read_address(struct virtnet *n, struct netdev *d)
{
	u8 sum = 0;
	u32 i;

	if (n->features & VIRTNET_F_MAC) {
		for (i = 0; i < ETHERNET_ADDR; i++) {
			*array_at(d->address, i) = iomem_read8(virtio_config(n->dev), AT_MAC + i);
			sum |= *array_at(d->address, i);
		}
	}
	if (sum && !(d->address[0] & 1))
		return;
	d->address_origin = NETDEV_ADDR_RANDOM;
	random_bytes(span_first(span_of(d->address), ETHERNET_ADDR));
	d->address[0] = (u8)((d->address[0] & 0xfc) | 2);
}

/*
 * What the core knows of the device. An MTU that the device names is the largest, too. Without
 * merged buffers a received packet must fit into one page, which bounds the MTU.
 */
static struct netdev *virtnet_describe(struct virtnet *n)
{
	struct netdev *d = netdev_new(&virtnet_ops, &n->obj, LINK_ETHERNET);

	if (!d)
		return NULL;
	virtnet_read_address(n, d);
	d->speed = -1;
	d->carrier_told = n->features & VIRTNET_F_STATUS; /* it is asked when the device opens */
	d->name_origin = NETDEV_NAME_ENUM;
	d->max_mtu = n->features & VIRTNET_F_MRG_RXBUF ? MOST_MTU : ONE_PAGE_MTU;
	if (n->features & VIRTNET_F_MTU)
		d->mtu = d->max_mtu = min(d->max_mtu,
			(u32)iomem_read16(virtio_config(n->dev), AT_MTU));
	d->features = NETDEV_SG;
	if (n->features & VIRTNET_F_CSUM)
		d->features |= NETDEV_CSUM;
	if (n->features & VIRTNET_F_HOST_TSO4)
		d->changeable = NETDEV_GSO_TCP;
	d->features |= d->changeable;
	if (n->features & VIRTNET_F_GUEST_CSUM)
		d->features |= NETDEV_RX_CSUM;
	n->most_pairs = n->features & VIRTNET_F_MQ ? iomem_read16(virtio_config(n->dev), AT_PAIRS)
						   : 1;
	n->most_pairs = max(1u, min(n->most_pairs, VIRTNET_PAIRS));
	n->nr_pairs = min(min(n->most_pairs, cpu_count()), NETDEV_QUEUES);
	d->nr_queues = n->nr_pairs;
	return d;
}

/* The task is made here and started at the end of the probe, when nothing can fail any more. */
static struct virtnet_queue *virtnet_new_queue(struct virtnet *n, u32 i)
{
	struct virtnet_queue *q = obj_new(virtnet_queue);

	if (!q)
		return NULL;
	q->net = n;
	q->index = i;
	q->tx_quiet = true;
	q->task = task_new(&queue_ops, &q->obj, LIT("virtio-net"));
	if (!q->task)
		obj_put(&q);
	return q;
}

/* The features decide how many pairs there are, so they come first. */
static int virtnet_make(struct virtnet *n)
{
	u32 i;
	int err = virtnet_negotiate(n, virtnet_wanted(n));

	if (err)
		return err;
	n->netdev = virtnet_describe(n);
	if (!n->netdev)
		return -ENOMEM;
	for (i = 0; i < n->nr_pairs; i++) {
		*array_at(n->queue, i) = virtnet_new_queue(n, i);
		if (!*array_at(n->queue, i))
			return -ENOMEM;
	}
	/* Until it is opened it is reset. */
	err = virtio_reset(n->dev);
	return err ? err : netdev_register(n->netdev, LIT("eth%d"));
}

/*
 * After a success the core's device, the tasks and the queues hold what was made here. After a
 * failure the tasks, which never ran, and the core's device are dropped, and with them the driver's
 * object.
 */
static int virtnet_probe(struct device *dev, u32 quirk)
{
	struct virtio *v = device_virtio(dev);
	struct virtnet *n;
	u32 i;
	int err;

	(void)quirk;
	if (!v || virtio_class(v) != VIRTIO_NET)
		return -ENODEV;
	n = obj_new(virtnet);
	if (!n)
		return -ENOMEM;
	n->dev = v;
	err = virtnet_make(n);
	for (i = 0; i < VIRTNET_PAIRS && n->queue[i]; i++) {
		struct virtnet_queue *q = *array_at(n->queue, i);
		if (!err)
			task_start(q->task);
		task_put(&q->task);
	}
	if (err) {
		(void)!virtio_reset(v); /* nothing is posted */
		obj_put(&n->netdev);    /* it refers to the driver, too */
	}
	obj_put(&n);
	return err;
}
static const struct dt_match virtnet_match[] = {
	{ LIT("virtio,mmio"), .quirk = 0 },
	{ LIT("pci1af4,1000"), .quirk = 0 },
	{ LIT("pci1af4,1041"), .quirk = 0 },
};
DRIVER(virtio_net, virtnet_match, virtnet_probe);
