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

static u64 rotate(u64 x, u32 n)
{
	return x << n | x >> (64 - n);
}

static void sip_round(struct sip *s)
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

static void sip_word(struct sip *s, u64 m)
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

/*
 * Six words of input, no length: all inputs have the same one. @what keeps the uses apart, so that
 * what one use shows (a port, a sequence number) says nothing of another.
 */
u64 tcp_secret(const struct tcp_key *k, u64 what)
{
	struct sip s = { secret[0] ^ 0x736f6d6570736575ul, secret[1] ^ 0x646f72616e646f6dul,
		secret[0] ^ 0x6c7967656e657261ul, secret[1] ^ 0x7465646279746573ul };
	u32 i;

	sip_word(&s, k->local.hi);
	sip_word(&s, k->local.lo);
	sip_word(&s, k->peer.hi);
	sip_word(&s, k->peer.lo);
	sip_word(&s, ports_of(k));
	sip_word(&s, what);
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
	u64 h = (k->peer.lo ^ weak[0]) * 0x9e3779b97f4a7c15ul;

	h = (h ^ h >> 29 ^ k->local.lo ^ ports_of(k) << 32) * (weak[1] | 1);
	h = (h ^ h >> 32 ^ k->peer.hi ^ rotate(k->local.hi, 17)) * 0xbf58476d1ce4e5b9ul;
	return (u32)(h >> 32);
}

/*
 * The clock of RFC 9293, 3.4.1, on top of the secret: a tick of 64 ns, so the number goes around in
 * 275 s, and two connections of the same four numbers do not overlap in it.
 */
u32 tcp_isn(const struct tcp_key *k)
{
	return (u32)tcp_secret(k, SECRET_ISN) + (u32)(time_mono_ns() >> 6);
}

u32 tcp_ts_offset(const struct tcp_key *k)
{
	/* 2: time stamps that begin with the machine. */
	return tcp_settings.timestamps == 1 ? (u32)tcp_secret(k, SECRET_TS_OFFSET) : 0;
}
