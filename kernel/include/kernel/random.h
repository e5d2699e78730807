// SPDX-License-Identifier: MPL-2.0
/*
 * The kernel's random generator (ChaCha20, kernel/random/random.c): seeded from the boot loader,
 * the timer and interrupts. Context: any.
 */
#ifndef KERNEL_RANDOM_H
#define KERNEL_RANDOM_H
#include <frame/span.h>
/* Start-up: seeds from the boot loader and the timer. Context: start-up. */
void random_init(void);
/* Fills @out with random bytes. */
void random_bytes(struct span out);
u64 random_u64(void);
/*
 * Mixes in secret entropy: from the boot loader or the random number generator of the machine
 * (kernel/hwrng.h).
 */
void random_seed(struct cspan in);
/* Called when all devices have been probed: logs a warning if the entropy was too little. */
void random_devices_done(void);
/* Mixes in bytes from a user or device; they do not count as entropy. */
void random_mix(struct cspan in);
#endif
