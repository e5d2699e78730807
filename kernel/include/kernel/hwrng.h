// SPDX-License-Identifier: MPL-2.0
/*
 * The machine's random number generator: a driver adds it, and it seeds the kernel's own generator
 * (kernel/random.h), now and whenever somebody asks that for numbers and the last seed is some
 * minutes old. /dev/hwrng is what it gives. The first one counts. Context: task.
 */
#ifndef KERNEL_HWRNG_H
#define KERNEL_HWRNG_H

#include <frame/obj.h>

struct hwrng_block {
	u32 word[8];
};
struct TABLE hwrng_ops {
	struct lit name;
	/* Fresh bits, within a second; an error: it does not work. One call at a time. */
	int (*read)(struct obj *owner, struct hwrng_block *out);
};

/* Makes /dev/hwrng. 0, -ENOSPC. */
int hwrng_init(void);
/*
 * Keeps a reference on @owner. 0, also if it does not work, which the log says; -EBUSY: there is
 * one.
 */
int hwrng_add(const struct hwrng_ops *ops, struct obj *owner);
/* What it is called; empty: there is none, or none that works. */
struct lit hwrng_name(void);
/* Seeds the kernel's generator if that is due. */
void hwrng_refresh(void);

#endif
