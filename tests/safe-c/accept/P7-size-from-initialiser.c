// accept: P7
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static const u32 primes[] = { 2, 3, 5, 7 };
static u32 prime(u32 i)
{
	return primes[i];
}
