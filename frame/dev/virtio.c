// SPDX-License-Identifier: MPL-2.0
/*
 * Virtio devices (frame/virtio.h): which of them have a handle, and the life of a device.
 * virtio_mmio.c and virtio_pci.c know the registers, ring.c the queues.
 *
 * Without an IOMMU a virtio device reads and writes memory at the addresses in its queues and
 * buffers. The addresses in queues are the frame's, made by ring.c of pages that it holds. They
 * come into effect when a queue is enabled, and lose it when the device has confirmed a reset; only
 * then are pages released that it has not returned, and only then can a queue get a new address.
 *
 * Locking: virtio.lock guards the device's state and registers; taken before ring.lock. Interrupt
 *          handlers read causes and configuration without it: these registers are theirs alone.
 * Trust: services have no window on any register of the transport: no table of reach/ knows these
 *        devices. Of the class's features no accepted one lets a buffer or the configuration space
 *        carry an address; this is a property of the class, see `classes`.
 */
#include <frame/log.h>

#include "../cpu_local.h"
#include "dev.h"

#define STATUS_ACKNOWLEDGE 1u
#define STATUS_DRIVER      2u
#define STATUS_DRIVER_OK   4u
#define STATUS_FEATURES_OK 8u
#define STATUS_FAILED      128u

#define F_ANY_LAYOUT      (1ul << 27) /* legacy: segments may be cut anywhere */
#define F_ACCESS_PLATFORM (1ul << 33)
#define F_ORDER_PLATFORM  (1ul << 36)
/* Features 24 to 49 belong to queues and transport; the others to the class (virtio 1.2, 2.2). */
#define CLASS_FEATURES (~0ul << 50 | ((1ul << 24) - 1))
/*
 * ACCESS_PLATFORM: addresses are the platform's for DMA, which equal the CPU's (virtio_init).
 * ORDER_PLATFORM: the fences of ring.c order accesses for all devices, not only for other CPUs.
 */
#define FRAME_FEATURES (F_ACCESS_PLATFORM | F_ORDER_PLATFORM | RING_F_INDIRECT | RING_F_EVENT_IDX)

#define PREFIX LIT("virtio: ") /* of messages */

#define RESET_LOOKS 10000u /* a millisecond or more; devices of emulators need one */

/*
 * Classes whose buffers carry data and no addresses, with any of their features: frames, sectors,
 * characters, random bytes, file system messages, events, datagrams. Not on the list, because a
 * driver could have the device write anywhere: memory balloon (page numbers), GPU (backing pages),
 * IOMMU, memory, persistent memory, sound and crypto (not looked at).
 */
static const struct {
	enum virtio_class class;
	const char *name;
} classes[] = {
	{ VIRTIO_NET, "net" },
	{ VIRTIO_BLK, "blk" },
	{ VIRTIO_CONSOLE, "console" },
	{ VIRTIO_RNG, "rng" },
	{ VIRTIO_9P, "9p" },
	{ VIRTIO_INPUT, "input" },
	{ VIRTIO_VSOCK, "vsock" },
};

/* ---- finding, before services run ---- */

static struct lit virtio_class_name(u32 class)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(classes); i++) {
		if (classes[i].class == class)
			return (struct lit){ classes[i].name };
	}
	return LIT("");
}

/* False: the device has not confirmed its reset yet. */
static bool virtio_is_reset(struct virtio *v, const struct virtio_transport *t)
{
	u32 i;

	for (i = 0; i < RESET_LOOKS; i++) {
		if (!t->status(v))
			return true;
	}
	return false;
}

bool virtio_init(struct device *d)
{
	struct virtio *v = &d->virtio;
	struct lit why = LIT(""), name;
	const struct virtio_transport *t = d->node->pci ? virtio_pci_find(v, d->node, &why)
							: virtio_mmio_find(v, d->node, &why);
	bool is_reset = true;

	v->dev = d;
	if (t) {
		t->set_status(v, 0);
		is_reset = virtio_is_reset(v, t);
		name = virtio_class_name(v->class);
		if (!is_reset)
			why = LIT("refused: it does not reset");
		else if (!v->class)
			return true; /* an empty place */
		else if (!*name._s)
			why = LIT("refused: its class is not known to be harmless");
		else if (dt_is_translated(d->node))
			why = LIT("refused: dma-ranges or an IOMMU translate its addresses");
		else if (!dt_is_coherent(d->node))
			why = LIT("refused: it is not coherent");
	}
	if (*why._s) {
		device_report(LOG_WARNING, PREFIX, d->node, why, LIT(""));
		return is_reset;
	}
	if (t) {
		if (t->leave_bus)
			t->leave_bus(v);
		/* TRUST: mapped for ever; of size 0 where base is NULL, so no port either. */
		d->config = (struct iomem){
			.base = v->config, .size = v->config_size, .end = v->config_size
		};
		device_report(LOG_INFO, PREFIX, d->node, LIT("class "), name);
	}
	v->transport = t;
	return true;
}

struct virtio *device_virtio(struct device *d)
{
	return d->virtio.transport ? &d->virtio : NULL;
}

enum virtio_class virtio_class(const struct virtio *v)
{
	return v->class;
}

struct iomem *virtio_config(struct virtio *v)
{
	return &v->dev->config;
}

/* ---- life ---- */

static void virtio_lock(struct virtio *v)
{
	must_be_task();
	mutex_lock(&v->lock);
}

/* The status of a device with which features are agreed. */
static u32 virtio_ready(const struct virtio *v)
{
	return STATUS_ACKNOWLEDGE | STATUS_DRIVER | (v->legacy ? 0 : STATUS_FEATURES_OK);
}

/* Accepts features; false: the device refuses. */
static bool virtio_agree(struct virtio *v, u64 wanted)
{
	const struct virtio_transport *t = v->transport;
	u64 needed = v->legacy ? F_ANY_LAYOUT : VIRTIO_F_VERSION_1, offered;

	t->set_status(v, STATUS_ACKNOWLEDGE);
	t->set_status(v, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
	offered = t->features(v);
	v->features = offered & (FRAME_FEATURES | needed | (wanted & CLASS_FEATURES));
	if (!(offered & needed))
		return false;
	t->set_features(v, v->features);
	t->set_status(v, virtio_ready(v));
	/* All bits: a function that is gone reads as ones. */
	return t->status(v) == virtio_ready(v);
}

int virtio_negotiate(struct virtio *v, u64 wanted, u64 *accepted)
{
	int err = 0;

	virtio_lock(v);
	if (v->state != VIRTIO_RESET) {
		err = -EBUSY;
	} else if (virtio_agree(v, wanted)) {
		v->state = VIRTIO_NEGOTIATED;
		*accepted = v->features & (CLASS_FEATURES | VIRTIO_F_VERSION_1);
	} else {
		v->transport->set_status(v, STATUS_FAILED);
		v->state = VIRTIO_FAILED;
		err = -EIO;
	}
	mutex_unlock(&v->lock);
	return err;
}

/* A ring without a message of its own shares the configuration's line. */
static u32 virtio_line(struct virtio *v, u32 ring)
{
	return v->messages && device_irq(v->dev, 1 + ring) ? 1 + ring : VIRTIO_CONFIG_LINE;
}

static int virtio_ring_locked(struct virtio *v, u32 i, u32 segments)
{
	struct ring *r = v->ring[i];
	u32 size;
	int err;

	if (v->state != VIRTIO_NEGOTIATED)
		return -EBUSY;
	size = v->transport->queue_size(v, i);
	if (!size)
		return -ENOENT;
	if (!r)
		r = ring_make(i);
	if (!r)
		return -ENOMEM;
	/* The size must be a power of two. */
	size = 1u << bit_highest(min(size, v->legacy ? RING_LEGACY_MAX : RING_MAX));
	err = ring_open(r, size, segments, v->features);
	/* Kept in any case. What the page holds is written before the handle can be seen. */
	store_release(v->ring[i], r);
	if (err)
		return err;
	/* Once: the device is told of the very line that virtio_irq returns. */
	r->line = (u16)virtio_line(v, i);
	if (v->transport->queue_set(v, i, r))
		return 0;
	ring_stop(r);
	return -EIO;
}

int virtio_ring(struct virtio *v, u32 i, u32 segments, struct ring **ring)
{
	int err;

	if (i >= VIRTIO_RINGS)
		return -ENOENT;
	if (!segments || segments > RING_SEGMENTS)
		return -EINVAL;
	virtio_lock(v);
	err = virtio_ring_locked(v, i, segments);
	if (!err)
		*ring = v->ring[i];
	mutex_unlock(&v->lock);
	return err;
}

int virtio_start(struct virtio *v)
{
	u32 i;
	int err = -EBUSY;

	virtio_lock(v);
	if (v->state == VIRTIO_NEGOTIATED) {
		v->transport->set_status(v, virtio_ready(v) | STATUS_DRIVER_OK);
		v->state = VIRTIO_RUNNING;
		for (i = 0; i < VIRTIO_RINGS; i++) {
			if (v->ring[i])
				ring_start(v->ring[i]);
		}
		err = 0;
	}
	mutex_unlock(&v->lock);
	return err;
}

/*
 * TRUST: the device uses the memory of its queues, and pages in them, until its status reads as
 * zero after zero was written (virtio 1.2, 2.4.2 and 4.1.4.3.2). Until then nothing is released or
 * set up.
 */
static int virtio_reset_locked(struct virtio *v)
{
	const struct virtio_transport *t = v->transport;
	bool is_first = v->state != VIRTIO_RESETTING;
	u32 i;

	if (v->state == VIRTIO_RESET)
		return 0;
	for (i = 0; i < VIRTIO_RINGS; i++) {
		if (v->ring[i])
			ring_stop(v->ring[i]);
	}
	if (is_first)
		t->set_status(v, 0);
	v->state = VIRTIO_RESETTING;
	if (!virtio_is_reset(v, t)) {
		if (is_first)
			device_report(LOG_WARNING, PREFIX, v->dev->node,
				LIT("does not confirm its reset; its pages stay lent"), LIT(""));
		return -EBUSY;
	}
	if (t->leave_bus)
		t->leave_bus(v);
	for (i = 0; i < VIRTIO_RINGS; i++) {
		if (v->ring[i])
			ring_close(v->ring[i]);
	}
	v->state = VIRTIO_RESET;
	return 0;
}

int virtio_reset(struct virtio *v)
{
	int err;

	virtio_lock(v);
	err = virtio_reset_locked(v);
	mutex_unlock(&v->lock);
	return err;
}

/* ---- interrupts ---- */

struct irq_line *virtio_irq(struct virtio *v, u32 ring)
{
	struct ring *r;
	bool is_set;

	must_be_task();
	r = ring < VIRTIO_RINGS ? load_acquire(v->ring[ring]) : NULL;
	is_set = r && load_once(r->state) != RING_OFF;
	return device_irq(v->dev, is_set ? r->line : virtio_line(v, ring));
}

struct irq_line *virtio_config_irq(struct virtio *v)
{
	return device_irq(v->dev, VIRTIO_CONFIG_LINE);
}

u32 virtio_causes(struct virtio *v)
{
	return v->transport->causes(v);
}
