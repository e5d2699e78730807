// SPDX-License-Identifier: MPL-2.0
/* The buckets of futexes (kernel/futex). */
#include "../futex/futex.h"
#include "test.h"

static u32 count(const u8 (*seen)[FUTEX_BUCKETS])
{
	u32 i, n = 0;

	for (i = 0; i < FUTEX_BUCKETS; i++)
		n += *array_at(*seen, i);
	return n;
}

/* Words at the same address of different owners, or beside each other, are spread over all. */
KTEST(futex_owners_have_different_buckets)
{
	struct futex_key k = { .offset = 0x10000 };
	u8 owners[FUTEX_BUCKETS] = { 0 }, words[FUTEX_BUCKETS] = { 0 };

	for (k.id = 1; k.id <= FUTEX_BUCKETS; k.id++)
		*array_at(owners, futex_hash(&k)) = 1;
	for (k.id = 1; k.offset < 0x10000 + 4 * FUTEX_BUCKETS; k.offset += 4)
		*array_at(words, futex_hash(&k)) = 1;
	KTEST_EXPECT(count(&owners) > FUTEX_BUCKETS / 4 && count(&words) > FUTEX_BUCKETS / 4);
}
