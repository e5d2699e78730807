// SPDX-License-Identifier: MPL-2.0
/*
 * XXH64, the checksum of Zstandard frames (kernel/lib/xxhash.c). It finds accidents, not forgeries.
 */
#ifndef KERNEL_XXHASH_H
#define KERNEL_XXHASH_H

#include <frame/span.h>

struct xxh64 {
	u64 acc[4];
	u64 total;
	u8 rest[32]; /* the bytes since the last whole stripe */
};

/* With seed 0. */
void xxh64_start(struct xxh64 *h);
void xxh64_add(struct xxh64 *h, struct cspan bytes);
u64 xxh64_value(const struct xxh64 *h);

#endif
