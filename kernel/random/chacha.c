// SPDX-License-Identifier: MPL-2.0
/* ChaCha20's block function, see RFC 8439, section 2.3. */
#include "chacha.h"

static always_inline u32 rotl(u32 x, u32 n)
{
	return x << n | x >> (32 - n);
}

#define QUARTER(a, b, c, d)          \
	do {                         \
		a += b;              \
		d = rotl(d ^ a, 16); \
		c += d;              \
		b = rotl(b ^ c, 12); \
		a += b;              \
		d = rotl(d ^ a, 8);  \
		c += d;              \
		b = rotl(b ^ c, 7);  \
	} while (0)

/*
 * The state is four constants, the key, the counter in two words, and a nonce of zero; twenty
 * rounds, columns and diagonals in turn.
 */
void chacha_block(const struct chacha_key *k, u64 counter, struct chacha_block *out)
{
	u32 in[BLOCK_WORDS] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
	u32 x[BLOCK_WORDS];
	u32 i;

	for (i = 0; i < KEY_WORDS; i++)
		in[4 + i] = k->w[i];
	in[12] = (u32)counter;
	in[13] = (u32)(counter >> 32);
	for (i = 0; i < BLOCK_WORDS; i++)
		x[i] = in[i];
	for (i = 0; i < 10; i++) {
		QUARTER(x[0], x[4], x[8], x[12]);
		QUARTER(x[1], x[5], x[9], x[13]);
		QUARTER(x[2], x[6], x[10], x[14]);
		QUARTER(x[3], x[7], x[11], x[15]);
		QUARTER(x[0], x[5], x[10], x[15]);
		QUARTER(x[1], x[6], x[11], x[12]);
		QUARTER(x[2], x[7], x[8], x[13]);
		QUARTER(x[3], x[4], x[9], x[14]);
	}
	for (i = 0; i < BLOCK_WORDS; i++)
		out->w[i] = x[i] + in[i];
}
