// SPDX-License-Identifier: MPL-2.0
/*
 * The random number generator of the machine. A driver registers it; it seeds the kernel's
 * generator (kernel/random.h) at once, and again when random numbers are requested and the last
 * seed is some minutes old. /dev/hwrng reads from it directly. Only the first one registered is
 * used. Context: task.
 */
#ifndef KERNEL_HWRNG_H
#define KERNEL_HWRNG_H

#include <frame/obj.h>

struct hwrng_block {
	u32 word[8];
};
struct TABLE hwrng_ops {
	struct lit name;
	/*
	 * Reads fresh bits; returns within a second. An error means that the device does not work.
	 * One call at a time.
	 */
	int (*read)(struct obj *owner, struct hwrng_block *out);
};

/* Makes /dev/hwrng. Returns 0, -ENOSPC. */
int must_check hwrng_init(void);
/*
 * Registers a generator and keeps a reference on @owner. Returns 0, also if the device does not
 * work (the log says so), or -EBUSY if one is registered already.
 */
int must_check hwrng_add(const struct hwrng_ops *ops, struct obj *owner);
/* Its name; empty if there is none or it does not work. */
struct lit hwrng_name(void);
/* Seeds the kernel's generator if the last seed is too old. */
void hwrng_refresh(void);

#endif
