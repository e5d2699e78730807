// SPDX-License-Identifier: MPL-2.0
/* The stream cipher ChaCha20, see RFC 8439. */
#ifndef KERNEL_RANDOM_CHACHA_H
#define KERNEL_RANDOM_CHACHA_H

#include <frame/types.h>

#define KEY_WORDS   8
#define BLOCK_WORDS 16

struct chacha_key {
	u32 w[KEY_WORDS];
};
struct chacha_block {
	u32 w[BLOCK_WORDS];
};

/* Computes block @counter of the stream of @k, with nonce zero. */
void chacha_block(const struct chacha_key *k, u64 counter, struct chacha_block *out);

#endif
