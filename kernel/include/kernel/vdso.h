// SPDX-License-Identifier: MPL-2.0
/*
 * The data page that lies one page below the vDSO image in every program's address space, read-only there. The vDSO's code (user mode) reads it, kernel/time/clock.c writes it.
 *
 * A reader takes seq (retrying while it is odd), reads the fields, and starts over if seq has changed.
 */
#ifndef KERNEL_VDSO_H
#define KERNEL_VDSO_H

#include <frame/types.h>

struct vdso_data {
	u32 seq;
	u32 shift;
	u64 mult;            /* ns since boot = ((counter - base) * mult) >> shift, the product in 128 bits */
	u64 base;
	u64 realtime_offset; /* ns to add for CLOCK_REALTIME */
};

struct page;
/* The page (kernel/vm), borrowed; NULL before mm_init. */
struct page *vdso_data_page(void);

#endif
