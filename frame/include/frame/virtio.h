// SPDX-License-Identifier: MPL-2.0
/*
 * Virtio devices (OASIS, "Virtual I/O Device", 1.2), over MMIO (version 2, and version 1, the legacy
 * interface) and PCI (modern).
 *
 * The frame owns everything through which a device could reach memory: its status, the features of
 * the transport and of the rings (bits 24 to 49), the addresses of the queues, the doorbells. A
 * driver owns the features of the device's class (bits 0 to 23, 50 to 63) and its configuration
 * space.
 *
 *	struct virtio *v = device_virtio(dev);
 *	if (!v || virtio_class(v) != VIRTIO_RNG)
 *		return -ENODEV;
 *	err = virtio_negotiate(v, 0, &features);
 *	err = virtio_ring(v, 0, 1, &ring);		queue 0, chains of one segment
 *	err = irq_line_attach(virtio_irq(v, 0), ...);
 *	virtio_start(v);
 *
 * Context: any, unless said otherwise.
 * Trust: only classes whose buffers and configuration space contain no addresses have a handle
 *        (frame/dev/virtio.c lists them). Before services run, the frame has reset the device.
 * Source: frame/dev/virtio.c, virtio_mmio.c, virtio_pci.c.
 */
#ifndef FRAME_VIRTIO_H
#define FRAME_VIRTIO_H

#include <frame/device.h>
#include <frame/ring.h>

struct virtio; /* exists for ever */

enum virtio_class {
	VIRTIO_NET = 1,
	VIRTIO_BLK = 2,
	VIRTIO_CONSOLE = 3,
	VIRTIO_RNG = 4,
	VIRTIO_9P = 9,
	VIRTIO_INPUT = 18,
	VIRTIO_VSOCK = 19,
};
#define VIRTIO_RINGS 33u /* rings of a device that can be used: the first ones */

/*
 * The device's handle, the same each time. NULL: no virtio device, an empty place for one, or a
 * refused one (logged at boot): another class, one that does not let itself be reset, or whose
 * addresses are not the CPU's.
 */
struct virtio *device_virtio(struct device *dev);
enum virtio_class virtio_class(const struct virtio *v);

/*
 * The life of a device: negotiate, rings, start, reset, and from the beginning again. Each function
 * returns -EBUSY when its turn has not come. Context: task (traps in others).
 */
/*
 * Begins to use a device that is reset. *@accepted: the features among @wanted that the device
 * offers; wanted bits that are not the class's are ignored. VIRTIO_F_VERSION_1 is there as well,
 * unless the device is a legacy one, whose formats of messages may differ. Returns 0, or -EIO: the
 * device refuses to work in this way, or does not offer what rings need.
 */
#define VIRTIO_F_VERSION_1 (1ul << 32)
int must_check virtio_negotiate(struct virtio *v, u64 wanted, u64 *accepted);
/*
 * Sets up the i-th queue, for chains of up to @segments segments (1 to RING_SEGMENTS; the ring may
 * allow fewer if the device's queue is short). Chains can be posted from now on. The handle of a
 * queue is the same each time. Returns 0, -ENOENT: there is no such queue, -EINVAL, -ENOMEM, -EIO: the
 * device does not take it, and has to be reset.
 */
int must_check virtio_ring(struct virtio *v, u32 i, u32 segments, struct ring **ring);
/* The device may use the rings from now on; ring_kick tells it about what was posted before. */
int must_check virtio_start(struct virtio *v);
/*
 * Resets the device; in any state. From now on nothing can be posted. Returns 0: the device has
 * confirmed the reset, and no page is lent to it. -EBUSY: it has not, pages stay lent, and the
 * caller should call again later. A device that never confirms keeps its pages (the log says so).
 */
int must_check virtio_reset(struct virtio *v);

/*
 * The interrupt line of the i-th ring. Several rings, and the configuration space, may share a
 * line: then the handles are equal. NULL: no interrupts. Lines are known after virtio_negotiate.
 * Context: task (traps in others).
 */
struct irq_line *virtio_irq(struct virtio *v, u32 ring);
/* The line for changes of the configuration space. */
struct irq_line *virtio_config_irq(struct virtio *v);
/*
 * For the handler of any of these lines: what has happened since the last call. The device lowers
 * its line. Bits that are set need not be new.
 */
enum { VIRTIO_CAUSE_RING = 1, VIRTIO_CAUSE_CONFIG = 2 };
u32 virtio_causes(struct virtio *v);

/*
 * The configuration space of the class, the same handle each time; of size 0 if there is none.
 * Fields are at most 32 bits wide. What is read before virtio_negotiate may change.
 */
struct iomem *virtio_config(struct virtio *v);

#endif
