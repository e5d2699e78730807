// SPDX-License-Identifier: MPL-2.0
/*
 * Model of the JH7110's random number generator. It fails a test for an access while its clocks or
 * its reset keep it from answering, for registers that nobody knows, and for commands that it does
 * not take: while it is busy, or for numbers before it has a seed.
 */
#ifndef MODELS_JH7110_TRNG_H
#define MODELS_JH7110_TRNG_H

#include "jh7110.h"

struct trng {
	/*
	 * How it is broken: a command from that number on (1: the first) never ends, or loses its
	 * noise, once or always; busy from the start; what comes instead of random words.
	 */
	u64 hangs_at, lockup_at;
	u64 slow_ns; /* what a command takes besides */
	bool locked_up, busy;
	void (*words)(u64 block, u32 word[8]);

	u32 mode, ie, istat, rand[8];
	u32 doing; /* the command under way, until: */
	u64 done_at;
	bool seeded, seeds_nothing;
	u64 nr_commands, nr_seeds, nr_blocks;
};
extern const struct model_ops trng_ops;

/* The words of its n-th block (from 0), when it is not broken. */
void trng_words(u64 block, u32 word[8]);

#endif
