// SPDX-License-Identifier: MPL-2.0
/*
 * Numbers that nobody without our secrets can foresee: where a connection stands in the table,
 * initial sequence numbers (RFC 6528), offsets of time stamps, SYN cookies. The function is
 * SipHash-2-4.
 */
#include <kernel/random.h>

#include "tcp.h"

static u64 secret[2]; /* of SipHash */
static u64 weak[2];   /* of tcp_key_hash, which might not keep them: nothing else depends on them */

void tcp_hash_init(void)
{
	secret[0] = random_u64();
	secret[1] = random_u64();
	weak[0] = random_u64();
	weak[1] = random_u64();
}

struct sip {
	u64 a, b, c, d;
};

static always_inline u64 rotate(u64 x, u32 n)
{
	return x << n | x >> (64 - n);
}

/* Inline, as are the words: so the state stays in registers. */
static always_inline void sip_round(struct sip *s)
{
	s->a += s->b;
	s->b = rotate(s->b, 13) ^ s->a;
	s->a = rotate(s->a, 32);
	s->c += s->d;
	s->d = rotate(s->d, 16) ^ s->c;
	s->a += s->d;
	s->d = rotate(s->d, 21) ^ s->a;
	s->c += s->b;
	s->b = rotate(s->b, 17) ^ s->c;
	s->c = rotate(s->c, 32);
}

static always_inline void sip_word(struct sip *s, u64 m)
{
	s->d ^= m;
	sip_round(s);
	sip_round(s);
	s->a ^= m;
}

static u64 ports_of(const struct tcp_key *k)
{
	return (u64)k->local_port << 16 | k->peer_port;
}

#define SECRET_OF_IP4 (1ul << 63) /* above all values of @what */

/*
 * Three words of input for IPv4, six for IPv6. The last one tells which, so no length is needed: no
 * input is the beginning of another. @what keeps the uses apart, so that what one use shows (a
 * port, a sequence number) says nothing of another.
 */
u64 tcp_secret(const struct tcp_key *k, u64 what)
{
	bool four = ip_is4(k->local) && ip_is4(k->peer);
	u64 words[6] = { k->local.hi, k->local.lo, k->peer.hi, k->peer.lo };
	struct sip s = { secret[0] ^ 0x736f6d6570736575ul, secret[1] ^ 0x646f72616e646f6dul,
		secret[0] ^ 0x6c7967656e657261ul, secret[1] ^ 0x7465646279746573ul };
	u32 n = four ? 1 : 4, i;

	if (four)
		words[0] = (u64)ip4_bits(k->local) << 32 | ip4_bits(k->peer);
	words[n] = ports_of(k);
	words[n + 1] = four ? what | SECRET_OF_IP4 : what;
	for (i = 0; i < n + 2; i++)
		sip_word(&s, words[i]);
	s.c ^= 0xff;
	for (i = 0; i < 4; i++)
		sip_round(&s);
	return s.a ^ s.b ^ s.c ^ s.d;
}

/*
 * Cheaper, for each packet: three multiplications with secret factors. It need not withstand one
 * who sees its results, for nobody does; only chains of the table depend on it.
 */
u32 tcp_key_hash(const struct tcp_key *k)
{
	u64 h;

	if (k->hash)
		return k->hash;
	h = (k->peer.lo ^ weak[0]) * 0x9e3779b97f4a7c15ul;

	h = (h ^ h >> 29 ^ k->local.lo ^ ports_of(k) << 32) * (weak[1] | 1);
	h = (h ^ h >> 32 ^ k->peer.hi ^ rotate(k->local.hi, 17)) * 0xbf58476d1ce4e5b9ul;
	return (u32)(h >> 32);
}

/*
 * One secret gives both: a half of it says nothing of the other one. On the half of the sequence
 * number stands the clock of RFC 9293, 3.4.1: a tick of 64 ns, so the number goes around in 275 s,
 * and two connections of the same four numbers do not overlap in it.
 */
struct tcp_start tcp_start_numbers(const struct tcp_key *k)
{
	u64 start = tcp_secret(k, SECRET_START);

	return (struct tcp_start){ .isn = (u32)start + (u32)(time_mono_ns() >> 6),
		/* 2: time stamps that begin with the machine. */
		.ts_offset = tcp_settings.timestamps == 1 ? (u32)(start >> 32) : 0 };
}
