// SPDX-License-Identifier: MPL-2.0
/*
 * The kernel's random generator (ChaCha20, kernel/random/random.c): seeded from the boot loader,
 * the timer and interrupts. Context: any.
 */
#ifndef KERNEL_RANDOM_H
#define KERNEL_RANDOM_H
#include <frame/span.h>
void random_init(void);
void random_bytes(struct span out);
u64 random_u64(void);
/*
 * Mixes in what nobody could know: from the boot loader or the machine's own generator
 * (kernel/hwrng.h).
 */
void random_seed(struct cspan in);
/* Says so if there was too little of that. */
void random_devices_done(void);
/* Mixes in material from a user or device. */
void random_mix(struct cspan in);
#endif
