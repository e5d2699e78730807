// SPDX-License-Identifier: MPL-2.0
/*
 * XXH64, the checksum of Zstandard frames (kernel/lib/xxhash.c). It detects accidental damage, not
 * forgery.
 */
#ifndef KERNEL_XXHASH_H
#define KERNEL_XXHASH_H

#include <frame/span.h>

struct xxh64 {
	u64 acc[4];
	u64 total;
	u8 rest[32]; /* the bytes since the last whole stripe */
};

/* Starts a hash with seed 0. */
void xxh64_start(struct xxh64 *h);
/* Adds bytes. */
void xxh64_add(struct xxh64 *h, struct cspan bytes);
/* The hash of all bytes added so far; more may follow. */
u64 xxh64_value(const struct xxh64 *h);

#endif
