// SPDX-License-Identifier: MPL-2.0
/*
 * Virtio devices inside the frame: the part that all transports share, and what a transport does.
 * Private to frame/dev.
 */
#ifndef FRAME_DEV_VIRTIO_H
#define FRAME_DEV_VIRTIO_H

#include <frame/sync.h>
#include <frame/virtio.h>

#include "ring.h"

struct device;
struct dt_node;

enum virtio_state {
	VIRTIO_RESET,      /* the device has confirmed its reset: it uses no memory */
	VIRTIO_NEGOTIATED, /* rings may be set up */
	VIRTIO_RUNNING,
	VIRTIO_FAILED,    /* negotiation did; only a reset helps */
	VIRTIO_RESETTING, /* not confirmed yet */
};

struct virtio {
	const struct virtio_transport *transport; /* NULL: refused, or no virtio device */
	struct device *dev;
	enum virtio_class class;
	volatile u8 *regs;   /* MMIO: all registers. PCI: the common configuration */
	volatile u8 *config; /* of the class */
	u32 config_size;
	bool legacy; /* MMIO: version 1 */
	/* PCI: */
	volatile u8 *isr, *doorbells;
	u32 doorbells_size, doorbell_step;
	bool messages;     /* interrupts are messages, one for each ring while they last */
	struct mutex lock; /* guards all that follows, and the registers but config */
	u32 state;
	u64 features; /* accepted ones */
	struct ring *ring[VIRTIO_RINGS];
};

/* Called with virtio.lock held, but causes. */
struct virtio_transport {
	u32 (*status)(struct virtio *v);
	void (*set_status)(struct virtio *v, u32 status);
	u64 (*features)(struct virtio *v);
	/* Also lets the device use memory and send messages, which it does when it has rings. */
	void (*set_features)(struct virtio *v, u64 features);
	/*
	 * After a reset: the device may use no memory until the next set_features. NULL: no switch.
	 */
	void (*leave_bus)(struct virtio *v);
	/* Number of elements that the i-th queue may have; 0: there is no such queue. */
	u32 (*queue_size)(struct virtio *v, u32 i);
	/* Tells the device where the queue is, enables it, and sets the ring's doorbell. */
	bool (*queue_set)(struct virtio *v, u32 i, struct ring *r);
	u32 (*causes)(struct virtio *v);
};

/* The line of the configuration, as an index for device_irq. That of ring i is i + 1 or this. */
#define VIRTIO_CONFIG_LINE 0u

/*
 * Finds out whether the device is a virtio device, and resets it. False: it may still write to
 * memory as firmware has told it to. Runs before the services start.
 */
bool virtio_init(struct device *d);
/*
 * What kinds of transport find: the registers, mapped, and the class. Return the transport; NULL:
 * not of this kind, or unusable (*@why is not empty).
 */
const struct virtio_transport *virtio_mmio_find(struct virtio *v, struct dt_node *n,
	struct lit *why);
const struct virtio_transport *virtio_pci_find(struct virtio *v, struct dt_node *n,
	struct lit *why);

#endif
