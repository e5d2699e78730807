// SPDX-License-Identifier: MPL-2.0
/*
 * Ethernet controllers inside the frame: a family is data, a row of reach/. Private to frame/dev.
 *
 * Trust, what a row must see to: no register of it is in a window, and none that is in a window
 *        starts DMA, moves a ring or changes how much is written to a buffer; `stop` is confirmed
 *        only when the controller reads and writes no memory; `mode_may` and the bits of a format
 *        that are a service's do none of that either.
 */
#ifndef FRAME_DEV_NIC_H
#define FRAME_DEV_NIC_H

#include <frame/nic.h>
#include <frame/sync.h>

#include "ring.h"

struct device;

/*
 * Writes @value to the register at @to, accesses none for @pause microseconds, then waits until no
 * bit of @busy is set in that at @at.
 */
struct nic_step {
	u32 to, value, at, busy, pause;
};
#define NIC_STEPS 8u /* a step of zeroes ends a list that is shorter */

/* Registers are 32 bits wide. */
struct nic_queue {
	u32 base, base_high;
	u32 length;         /* takes the bytes of the ring; 0: there is no such register */
	u32 head, doorbell; /* head as length */
	u32 doorbell_value; /* 0: the doorbell is the tail, and takes the next descriptor's number */
	struct ring_format format;
};
struct nic_chip {
	u32 size;                         /* bytes of registers that the frame maps */
	u32 queues, more_queues;          /* refused if one of these bits is set in that register */
	struct nic_step stop[NIC_STEPS];  /* ends all DMA */
	struct nic_step start[NIC_STEPS]; /* with the rings in place; the mode follows, */
	struct nic_step enable;           /* and this, unless it is zeroes */
	/* The register that chooses packets, bits that are set in it, and those of a service. */
	u32 mode, mode_set, mode_may;
	struct nic_queue queue[NIC_RINGS];
};

enum nic_state {
	NIC_RESET, /* stopped, and confirmed; rings may be set up */
	NIC_RUNNING,
	NIC_RESETTING, /* not confirmed yet */
};
struct nic {
	const struct nic_chip *chip; /* NULL: refused, or no such controller */
	struct device *dev;
	volatile u8 *regs;
	struct mutex lock; /* guards all that follows, and the registers of the chip's row */
	u32 state, bits;
	struct ring *ring[NIC_RINGS];
};

/* Stops a controller; false: it does not confirm that. */
bool nic_stop(volatile u8 *regs, const struct nic_chip *chip);
/* Finds out whether the device is a controller that can be used. Runs before services start. */
void nic_init(struct device *d);

#endif
