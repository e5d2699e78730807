// SPDX-License-Identifier: MPL-2.0
/* The random generator (kernel/random). */
#include <frame/test.h>
#include <kernel/random.h>

#include "../random/chacha.h"

/* RFC 8439, appendix A.1, the first two vectors: zero key and nonce. */
KTEST(random_chacha20_vectors)
{
	struct chacha_key zero = { 0 };
	struct chacha_block b = { 0 };

	chacha_block(&zero, 0, &b);
	KTEST_EXPECT(b.w[0] == 0xade0b876 && b.w[1] == 0x903df1a0 && b.w[15] == 0x8665eeb2);
	chacha_block(&zero, 1, &b);
	KTEST_EXPECT(b.w[0] == 0xbee7079f && b.w[1] == 0x7a385155);
}

/* The least that must be true of them. */
KTEST(random_streams_differ)
{
	u8 a[100] = { 0 };
	u8 b[100] = { 0 };

	random_bytes(span_of(a));
	random_bytes(span_of(b));
	KTEST_EXPECT(!cspan_equal(cspan_of(a), cspan_of(b)));
	KTEST_EXPECT(random_u64() != random_u64());
}
