// SPDX-License-Identifier: MPL-2.0
/*
 * XXH64 (kernel/xxhash.h), after the specification of the xxHash fast digest algorithm. Each stripe
 * of 32 bytes is divided among four lanes of 8 bytes. At the end the lanes are combined, and then
 * the bytes after the last whole stripe.
 *
 * Words are read as the CPU stores them, little-endian on both architectures, as the specification
 * requires. All arithmetic is modulo 2^64.
 */
#include <kernel/xxhash.h>

#define PRIME1 0x9e3779b185ebca87ul
#define PRIME2 0xc2b2ae3d27d4eb4ful
#define PRIME3 0x165667b19e3779f9ul
#define PRIME4 0x85ebca77c2b2ae63ul
#define PRIME5 0x27d4eb2f165667c5ul

static always_inline u64 rotate(u64 v, u32 n)
{
	return v << n | v >> (64 - n);
}

/* One round of a lane. */
static always_inline u64 lane(u64 acc, u64 input)
{
	return rotate(acc + input * PRIME2, 31) * PRIME1;
}

static always_inline u64 word_at(struct cspan s, size_t off)
{
	u64 v = 0;

	(void)span_read(s, off, &v);
	return v;
}

/* Adds a stripe to the four lanes. */
static void stripe(struct xxh64 *h, struct cspan s)
{
	u32 i;

	for (i = 0; i < 4; i++)
		h->acc[i] = lane(h->acc[i], word_at(s, i * 8));
}

/* The lanes' first values for a seed of 0, the only one that Zstandard uses. */
void xxh64_start(struct xxh64 *h)
{
	h->acc[0] = PRIME1 + PRIME2;
	h->acc[1] = PRIME2;
	h->acc[2] = 0;
	h->acc[3] = -PRIME1;
	h->total = 0;
}

/* Bytes that do not fill a stripe are kept in @rest; total says how many there are. */
void xxh64_add(struct xxh64 *h, struct cspan bytes)
{
	u32 have = h->total % 32;

	h->total += cspan_len(bytes);
	if (have) {
		size_t n = span_copy(span_from(span_of(h->rest), have), bytes);
		bytes = cspan_from(bytes, n);
		if (have + n < 32)
			return;
		stripe(h, cspan_of(h->rest));
	}
	for (; cspan_len(bytes) >= 32; bytes = cspan_from(bytes, 32))
		stripe(h, bytes);
	(void)span_copy(span_of(h->rest), bytes);
}

/* Adds the bytes after the last whole stripe: in groups of eight, four, and one. */
static u64 fold_rest(u64 v, struct cspan rest)
{
	for (; cspan_len(rest) >= 8; rest = cspan_from(rest, 8))
		v = rotate(v ^ lane(0, word_at(rest, 0)), 27) * PRIME1 + PRIME4;
	if (cspan_len(rest) >= 4) {
		u32 half = 0;
		(void)span_read(rest, 0, &half);
		v = rotate(v ^ half * PRIME1, 23) * PRIME2 + PRIME3;
		rest = cspan_from(rest, 4);
	}
	for (; cspan_len(rest); rest = cspan_from(rest, 1))
		v = rotate(v ^ span_byte(rest, 0) * PRIME5, 11) * PRIME1;
	return v;
}

/*
 * Fewer than 32 bytes in total never reach the lanes: the digest then begins with a constant. The
 * last lines mix the bits, so that each bit of the input changes about half of the digest.
 */
u64 xxh64_value(const struct xxh64 *h)
{
	u64 v = PRIME5;
	u32 i;

	if (h->total >= 32) {
		v = rotate(h->acc[0], 1) + rotate(h->acc[1], 7) + rotate(h->acc[2], 12) +
			rotate(h->acc[3], 18);
		for (i = 0; i < 4; i++)
			v = (v ^ lane(0, h->acc[i])) * PRIME1 + PRIME4;
	}
	v = fold_rest(v + h->total, cspan_first(cspan_of(h->rest), h->total % 32));
	v = (v ^ v >> 33) * PRIME2;
	v = (v ^ v >> 29) * PRIME3;
	return v ^ v >> 32;
}
