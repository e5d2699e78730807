// SPDX-License-Identifier: MPL-2.0
/*
 * What the stress programs share: random numbers that a process seeds, and its end when something
 * is wrong.
 */
#ifndef STRESS_H
#define STRESS_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

static uint64_t rng; /* not 0 */

__attribute__((unused)) static uint32_t rnd(uint32_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (uint32_t)(rng >> 16) % n;
}

static void die(const char *what)
{
	fprintf(stderr, "STRESS FAIL %s (errno %d) pid %d\n", what, errno, getpid());
	_exit(1);
}
#define MUST(c) ((c) ? (void)0 : die(#c))

#endif
