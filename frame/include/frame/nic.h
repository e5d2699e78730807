// SPDX-License-Identifier: MPL-2.0
/*
 * Ethernet controllers with rings of descriptors: one ring to receive, one to send.
 *
 * The frame owns the registers through which the controller could reach memory: where the rings
 * are, how far the controller may go in them, how much it writes to a buffer, whether it receives
 * and sends at all, its reset. A driver owns the others (device_iomem: interrupts, addresses,
 * filters, the link) and what packets mean.
 *
 *	struct nic *n = device_nic(dev);
 *	err = nic_ring(n, NIC_RX, 1, &rx);		buffers of a page each
 *	err = nic_ring(n, NIC_TX, 18, &tx);		packets of up to 18 segments
 *	nic_set_mode(n, bits);				which packets to take
 *	err = nic_start(n);
 *
 * Rings (frame/ring.h) work as virtio's, except that chains come back in order, and that the
 * interrupts are the driver's: ring_arm and ring_arm_after only say whether a chain has come back
 * (true: none has). To receive, a chain is one whole page. To send, a chain is one packet;
 * ring_chain.option are bits of its descriptors' control words, and ring_chain.context, unless it
 * is zero, is a descriptor before them; the controller's data sheet says what they mean, and bits
 * that are not the driver's are ignored. ring_size and ring_free count descriptors.
 * ring_take_status gives the control word that the controller has written, from the length on.
 *
 * Context: task (traps in others); device_nic: any.
 * Trust: frame/dev/nic.h. Before services run, the frame has stopped the controller.
 * Source: frame/dev/nic.c; frame/dev/reach has a row for each family.
 */
#ifndef FRAME_NIC_H
#define FRAME_NIC_H

#include <frame/device.h>
#include <frame/ring.h>

struct nic; /* exists for ever */

enum nic_ring { NIC_RX, NIC_TX, NIC_RINGS };

/*
 * The device's handle, the same each time. NULL: no such controller, or a refused one: one that
 * does not let itself be stopped, that is not coherent, or whose addresses are not the CPU's.
 */
struct nic *device_nic(struct device *dev);

/*
 * The life of a controller: rings, start, reset, and from the beginning again. Sets up a ring for
 * chains of up to @segments segments (1 to RING_SEGMENTS); chains can be posted from now on. The
 * handle is the same each time. Returns 0, -EBUSY: it runs, or the ring is set up; -EINVAL,
 * -ENOMEM.
 */
int must_check nic_ring(struct nic *n, enum nic_ring i, u32 segments, struct ring **ring);
/* Starts the controller, which needs both rings, else -EBUSY. ring_kick works from now on. */
int must_check nic_start(struct nic *n);
/*
 * Stops the controller and resets its registers; in any state. From now on nothing can be posted.
 * Returns 0: it has confirmed that it uses no memory, and no page is lent to it. -EBUSY: it has
 * not, pages stay lent, and the caller should call again later (the log says so once).
 */
int must_check nic_reset(struct nic *n);
/*
 * The bits of the register that chooses packets which are the driver's (frame/dev/reach). They
 * last until the next call, also through a reset.
 */
void nic_set_mode(struct nic *n, u32 bits);

#endif
