// SPDX-License-Identifier: MPL-2.0
/*
 * Devices that move memory by themselves (DMA).
 *
 * An engine copies bytes between two pages, or between a page and memory of its own. The driver
 * says which bytes to copy; it never sees a bus address, nor the registers that take one. A
 * transfer lends pages to the device: they stay allocated, whatever services put, until dma_finish
 * finds the transfer complete.
 *
 *	// 64 bytes of the page to the start of the device's own memory
 *	err = dma_start(e, (struct dma_end){ NULL, 0 }, (struct dma_end){ page, 512 }, 64);
 *	...	wait for the device's interrupt, or poll
 *	err = dma_finish(e);
 *
 * During a transfer pages are read and written as always (frame/page.h), also by others. Where
 * caches are not coherent with the device, dma_start and dma_finish make caches and memory agree,
 * by whole lines (dma_line). Until dma_finish, a read of a line that the device writes returns old
 * or new bytes, and a write to such a line may be lost or may destroy what the device wrote.
 *
 * Context: any, unless said otherwise. One transfer at a time for each engine.
 * Trust: only the frame makes bus addresses. It makes them of pages that it holds until the device
 *        itself says that it is idle, and only for bytes that lie in these pages.
 * Source: frame/dev/dma.c.
 */
#ifndef FRAME_DMA_H
#define FRAME_DMA_H

#include <frame/page.h>

struct device;
struct dma; /* a device's engine; exists for ever */

/* One end of a transfer: an offset in a page, or in the device's own memory (@page NULL). */
struct dma_end {
	struct page *page;
	u64 off;
};

/*
 * Returns the device's engine; the handle is the same each time. NULL: the frame knows no engine
 * for the device, or cannot make it safe to use (logged): its addresses are not the CPU's, or it is
 * not coherent and caches cannot be written back, or it is still busy with a transfer that firmware
 * started. Context: task (traps in others).
 */
struct dma *device_dma(struct device *dev);
/*
 * Size in bytes of the cache lines that dma_start and dma_finish write back; 1: the device is
 * coherent.
 */
u32 dma_line(const struct dma *e);

/*
 * Starts copying @len bytes. Traps when a range leaves its page or the device's memory, and on a
 * page without references. Returns 0, -EBUSY if a transfer is not finished yet, -EINVAL if the
 * engine cannot copy between these ends or @len is 0, -EFAULT if the device cannot address a page.
 */
int must_check dma_start(struct dma *e, struct dma_end to, struct dma_end from, u64 len);
/*
 * Finishes the transfer if the device is done. Returns 0, -EIO if the transfer failed, -EBUSY if it
 * still runs, -EINVAL if there is none. A device with an interrupt raises it when the transfer is
 * done.
 */
int must_check dma_finish(struct dma *e);

#endif
