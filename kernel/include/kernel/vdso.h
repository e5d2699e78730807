// SPDX-License-Identifier: MPL-2.0
/*
 * The data page that lies one page below the vDSO image in every program's address space, read-only
 * there. The vDSO's code (user mode) reads it, kernel/time/clock.c writes it.
 *
 * A reader takes seq (retrying while it is odd), reads the fields, and starts over if seq has
 * changed.
 */
#ifndef KERNEL_VDSO_H
#define KERNEL_VDSO_H

#include <frame/types.h>

#define VDSO_CLOCKS 12u
struct vdso_data {
	u32 seq;
	u32 up;
	u64 mult; /* ns since boot: the upper half of ((counter - base) << up) * mult */
	u64 base;
	u64 offset[VDSO_CLOCKS]; /* ns to add for clock number i */
	u32 known;               /* bit i: clock i can be read here */
	u32 pad;
};

struct page;
/* The page (kernel/vm), borrowed; NULL before mm_init. */
struct page *vdso_data_page(void);

#endif
