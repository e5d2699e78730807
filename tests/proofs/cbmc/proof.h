// SPDX-License-Identifier: MPL-2.0
/*
 * What a proof says to CBMC: a value is any of its type (nondet_...), a thing is taken as given
 * (ASSUME), a thing is to be shown (CLAIM).
 */
#ifndef PROOF_H
#define PROOF_H

/*
 * Builtins that CBMC does not know. A trap ends the path: what is behind it does not happen.
 * Include this file first.
 */
#define __builtin_trap()          __CPROVER_assume(0)
#define __builtin_memcpy(d, s, n) memcpy(d, s, n)
#define __builtin_assume_aligned(p, n) \
	(__CPROVER_assert((unsigned long)(p) % (n) == 0, "aligned as the compiler is told"), (p))

#include <frame/types.h>

#define ASSUME(c)      __CPROVER_assume(c)
#define CLAIM(c, text) __CPROVER_assert((c), text)

u64 nondet_u64(void);
u32 nondet_u32(void);
u16 nondet_u16(void);
u8 nondet_u8(void);
bool nondet_bool(void);

unsigned proof_cpu;

/*
 * Where the kernel stops, nothing follows. A proof that must not come here sets must_not_panic; one
 * that watches a word claims that it has its value then.
 */
static bool must_not_panic;
static u64 *watched, watched_value;
void _kernel_panic(const char *message)
{
	(void)message;
	CLAIM(!must_not_panic, "the kernel does not stop");
	CLAIM(!watched || *watched == watched_value,
		"what is counted is as before when the kernel stops");
	ASSUME(false);
	for (;;)
		;
}

#endif
