// SPDX-License-Identifier: MPL-2.0
/*
 * Ethernet controllers over descriptor rings: the life of a device, its task, its interrupts.
 * card.h says how it works.
 */
#include "card.h"

#include <kernel/random.h>

static void card_release(struct card *c)
{
	obj_put(&c->netdev);
}
OBJ_TYPE(card, card_release);

/* ---- interrupts and the task ---- */

void card_break(struct card *c)
{
	store_once(c->broken, true);
	store_once(c->link_changed, true);
	waitq_wake_one(&c->wait);
}

/*
 * Interrupts stay off until the task enables them before its last look: a flood of packets costs no
 * interrupts, only the task's time.
 */
static void card_handle(struct obj *owner)
{
	struct card *c = obj_cast(card, owner);

	if (c->chip->silence(c))
		store_once(c->link_changed, true);
	store_release(c->silenced, true); /* after interrupts are off: see card_wait */
	waitq_wake_one(&c->wait);
}
static const struct irq_ops card_irq = { .handle = card_handle };

/* Reads the state of the link; a broken device has none, nor has one that is down. */
static void card_look_at_link(struct card *c)
{
	bool up = load_acquire(c->live) && c->chip->has_link(c);

	if (load_once(c->broken)) {
		up = false;
		if (c->netdev->carrier) {
			log_warn(
				"an Ethernet controller broke a ring; it is dead until it is set down and up:");
			log_text(LOG_WARNING, lit_span(c->chip->name));
		}
	}
	netdev_set_carrier(c->netdev, up);
}

/*
 * The condition of the task's sleep. ring_arm returns false if there is something to take already,
 * so what came before it was armed is not slept over.
 */
static bool card_has_work(struct card *c, bool quiet)
{
	return (load_acquire(c->live) && !ring_arm(c->rx)) || card_tx_has_work(c) ||
		(quiet && !load_once(c->tx_quiet)) || load_once(c->link_changed) ||
		load_acquire(c->silenced);
}

/*
 * Sleeps until there is work, or until a deadline: *@look_ns for what has been sent, *@link_ns for
 * the link. Interrupts are enabled before the last look at the rings: what comes after the look
 * interrupts. A handler that runs after that, also for nothing, leaves them off and sets silenced; one
 * that ran before cannot be the last word, for silenced is cleared first. A controller that is down is
 * reset by its next open, before interrupts mean anything.
 */
static void card_wait(struct card *c, u64 *const look_ns, u64 *const link_ns)
{
	bool quiet = load_once(c->tx_quiet);
	u64 deadline;
	int err;

	if (quiet)
		*look_ns = NO_DEADLINE;
	else if (*look_ns == NO_DEADLINE)
		*look_ns = time_mono_ns() + CARD_LOOK_NS;
	if (!c->chip->link_ns || !load_once(c->live))
		*link_ns = NO_DEADLINE;
	else if (*link_ns == NO_DEADLINE)
		*link_ns = time_mono_ns() + c->chip->link_ns;
	deadline = min(*look_ns, *link_ns);
	c->tx_armed = load_once(c->tx_full);
	store_once(c->silenced, false);
	if (load_acquire(c->live))
		c->chip->arm(c, c->tx_armed);
	wait_event(&c->wait, card_has_work(c, quiet), WAIT_UNINTERRUPTIBLE, deadline, &err);
}

static bool has_passed(u64 deadline)
{
	return deadline != NO_DEADLINE && time_mono_ns() >= deadline;
}

/*
 * The task, for as long as the device exists. Bursts and the protocols' work take turns, and others
 * run after each of them, so one busy card does not keep a CPU.
 */
static void card_run(struct obj *owner)
{
	struct card *c = obj_cast(card, owner);
	u64 look_ns = NO_DEADLINE, link_ns = NO_DEADLINE;
	bool more = false, expired;

	for (;;) {
		if (!more)
			card_wait(c, &look_ns, &link_ns);
		mutex_lock(&c->lock);
		more = c->live && card_rx_burst(c);
		mutex_unlock(&c->lock);
		netdev_run();
		expired = has_passed(look_ns);
		if (expired || load_once(c->tx_full))
			card_tx_look(c, expired);
		if (expired)
			look_ns = NO_DEADLINE;
		if (load_once(c->link_changed) || has_passed(link_ns)) {
			link_ns = NO_DEADLINE;
			store_once(c->link_changed, false);
			card_look_at_link(c);
		}
		task_cond_resched();
	}
}
static const struct task_ops card_task = { .run = card_run };

/* ---- open and stop; net_config held ---- */

static void card_stop(struct netdev *d)
{
	struct card *c = card_of(d);

	if (c->attached)
		irq_line_detach(c->line);
	c->attached = false;
	mutex_lock(&c->lock);
	card_rx_stop(c);
	mutex_unlock(&c->lock);
	card_tx_stop(c);
	/*
	 * Last, so that nobody takes a ring that is being reset for a broken one. The frame keeps
	 * the pages that are lent until the device confirms; if it does not, the next open asks
	 * again.
	 */
	(void)!nic_reset(c->nic);
}

/*
 * Resets the controller first, whatever state firmware or an earlier stop has left it in. The
 * handler is attached before the start: the first interrupt may come at once.
 */
static int card_set_up(struct card *c)
{
	int err = nic_reset(c->nic);

	if (!err)
		err = nic_ring(c->nic, NIC_RX, 1, &c->rx);
	if (!err)
		err = nic_ring(c->nic, NIC_TX, PACKET_FRAGS + 1, &c->tx);
	if (!err)
		err = irq_line_attach(c->line, &card_irq, &c->obj);
	c->attached = !err;
	if (err)
		return err;
	c->chip->set_up(c);
	c->chip->set_filters(c);
	return nic_start(c->nic);
}

/*
 * The device is up when the rings have buffers; the task then reports the link. On an error
 * everything is as after a stop.
 */
static int card_open(struct netdev *d)
{
	struct card *c = card_of(d);
	int err = card_set_up(c);

	store_once(c->broken, false);
	if (!err) {
		mutex_lock(&c->lock);
		err = card_rx_start(c);
		mutex_unlock(&c->lock);
	}
	if (!err)
		err = card_tx_start(c);
	if (err) {
		card_stop(d);
		return err;
	}
	store_once(c->link_changed, true);
	waitq_wake_one(&c->wait);
	return 0;
}

static void card_set_rx_mode(struct netdev *d)
{
	struct card *c = card_of(d);

	if (load_once(c->live))
		c->chip->set_filters(c);
}

static int card_set_address(struct netdev *d, const u8 (*address)[LINK_ADDR_MAX])
{
	span_copy(span_of(d->address), cspan_of(*address));
	card_set_rx_mode(d);
	return 0;
}

static void card_ethtool(const struct netdev *d, struct netdev_ethtool *out)
{
	const struct card *c = obj_cast(card, d->driver);

	out->driver = c->chip->driver;
	out->rx_ring = CARD_RING;
	out->tx_ring = CARD_RING;
}

static const struct netdev_ops card_ops = {
	.open = card_open,
	.stop = card_stop,
	.xmit = card_xmit,
	.set_rx_mode = card_set_rx_mode,
	.set_address = card_set_address,
	.push_header = ethernet_push_header,
	.ethtool = card_ethtool,
};

/* ---- probe ---- */

/*
 * The device's address, or a random one that is locally administered. A group address cannot be a
 * device's own, so it counts as none.
 */
static void card_choose_address(struct card *c)
{
	struct netdev *d = c->netdev;
	u8 sum = 0;
	u32 i;

	c->chip->read_address(c);
	for (i = 0; i < ETHERNET_ADDR; i++)
		sum |= *array_at(d->address, i);
	if (sum && !(d->address[0] & 1))
		return;
	random_bytes(span_first(span_of(d->address), ETHERNET_ADDR));
	d->address[0] = (u8)((d->address[0] & 0xfc) | 2);
}

/* netdev_register is last: from then on users can open the device. */
static int card_make(struct card *c)
{
	c->netdev = netdev_new(&card_ops, &c->obj, LINK_ETHERNET);
	c->task = task_new(&card_task, &c->obj, c->chip->name);
	if (!c->netdev || !c->task)
		return -ENOMEM;
	card_choose_address(c);
	c->netdev->max_mtu = c->chip->max_mtu;
	c->netdev->features = NETDEV_SG | NETDEV_CSUM | NETDEV_RX_CSUM;
	if (c->chip->cut)
		c->netdev->changeable = NETDEV_GSO_TCP;
	/*
	 * Not those of IPv6 by themselves: QEMU before 8.0 spoils them, unless the network on the
	 * host takes packets that are not cut.
	 */
	c->netdev->features |= c->netdev->changeable & ~(u32)NETDEV_GSO_TCP6;
	c->netdev->nr_queues = 1;
	c->netdev->carrier_told = true; /* it is asked when the device opens */
	return netdev_register(c->netdev, LIT("eth%d"));
}

/*
 * The task holds a reference on the card, as do the network device and the frame's interrupt line
 * while it is attached; the driver's own is dropped here.
 */
int card_probe(struct device *dev, const struct card_chip *chip)
{
	struct nic *nic = device_nic(dev);
	struct iomem *io = device_iomem(dev, 0);
	struct irq_line *line = device_irq(dev, 0);
	struct card *c;
	int err;

	if (!nic || !io || !line)
		return -ENODEV;
	c = obj_new(card);
	if (!c)
		return -ENOMEM;
	c->chip = chip;
	c->nic = nic;
	c->io = io;
	c->line = line;
	c->tx_quiet = true;
	err = card_make(c);
	if (!err)
		task_start(c->task);
	task_put(&c->task);
	if (err)
		obj_put(&c->netdev); /* it refers to the driver, too */
	obj_put(&c);
	return err;
}
