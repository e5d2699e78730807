// SPDX-License-Identifier: MPL-2.0
/*
 * Devices that move memory by themselves.
 *
 * An engine copies bytes between pages, or between a page and memory of its own. The driver says
 * which bytes go where; it never sees an address, nor the registers that take one. A transfer lends
 * pages to the device: they stay allocated, whatever services put, until dma_finish says that it is
 * over.
 *
 *	err = dma_start(e, (struct dma_end){ NULL, 0 }, (struct dma_end){ page, 512 }, 64);	64 bytes of the page, to the start of the device's own
 *	...											wait for its interrupt, or for a while
 *	err = dma_finish(e);
 *
 * Pages are read and written as always (frame/page.h), also by others. Where caches are not
 * coherent with the device (dma_line), start and finish bring both sides into agreement, by whole
 * lines: until dma_finish, what others read of the lines that the device writes is old or new, and
 * what they write there may be lost or spoil what the device wrote.
 *
 * Context: any. One transfer at a time.
 * Trust:   bus addresses are made here alone, of pages that are held until the device itself says
 * it is idle, and bytes that lie in them.
 */
#ifndef FRAME_DMA_H
#define FRAME_DMA_H

#include <frame/page.h>

struct device;
struct dma; /* a device's engine; exists for ever */

/* One end of a transfer: where in a page, or in the device's own memory (@page NULL). */
struct dma_end {
	struct page *page;
	u64 off;
};

/*
 * The device's engine, or NULL: the frame knows of none, or there is no way to make it safe to use
 * (logged): its addresses are not the CPU's, it is not coherent and caches cannot be written back,
 * it is still busy with what firmware told it. The same handle each time. Context: task.
 */
struct dma *device_dma(struct device *dev);
/* Bytes of a cache line that start and finish see to, 1: the device is coherent. */
u32 dma_line(const struct dma *e);

/*
 * Starts copying @len bytes. A range beyond its page or the device's memory traps, and so does a
 * page without references. -EBUSY: a transfer is not finished yet; -EINVAL: the engine does not
 * copy between such ends, or @len is 0; -EFAULT: a page is beyond the addresses that it has.
 */
int must_check dma_start(struct dma *e, struct dma_end to, struct dma_end from, u64 len);
/*
 * Ends the transfer, if the device is done: 0, or -EIO if it failed. -EBUSY: not yet; -EINVAL:
 * there is none. The device interrupts when it is worth asking, if it can.
 */
int must_check dma_finish(struct dma *e);

#endif
