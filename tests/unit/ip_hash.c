// SPDX-License-Identifier: MPL-2.0
/*
 * The hash of addresses (kernel/ipaddr.h): addresses that differ in a few bits only, wherever these
 * are, spread over a table of 256 chains, whatever the key, and the number beside them does, too.
 */
#include <stdlib.h>

#include "host.h"

#include <kernel/ipaddr.h>

#define CHAINS 256u
#define ADDRS  1024u

static u32 longest(const struct ip_hash_key *k, u32 shift, bool number)
{
	u32 chain[CHAINS] = { 0 }, i, most = 0, c;

	for (i = 0; i < ADDRS; i++) {
		struct ip_addr a = { 0x20010db800000000ul, 0 };
		u64 other = 3;
		if (number)
			other = (u64)i << shift;
		else if (shift >= 64)
			a.hi ^= (u64)i << (shift - 64);
		else
			a.lo ^= (u64)i << shift;
		c = ip_hash(a, other, k) % CHAINS;
		chain[c]++;
		most = most > chain[c] ? most : chain[c];
	}
	return most;
}

int main(void)
{
	u32 i, shift, worst = 0, n;

	srandom(1);
	for (i = 0; i < 50; i++) {
		struct ip_hash_key k = { (u64)random() << 33 ^ (u64)random() << 11,
			(u64)random() << 33 ^ (u64)random() << 7 };
		for (shift = 0; shift <= 118; shift += shift == 54 ? 10 : 1) {
			n = longest(&k, shift, false);
			worst = n > worst ? n : worst;
		}
		for (shift = 0; shift <= 32; shift++) {
			n = longest(&k, shift, true);
			worst = n > worst ? n : worst;
		}
	}
	printf("longest chain: %u\n", worst);
	UNIT_CHECK(worst <= 32); /* four is the mean; the old hash had 1024 in one */
	return 0;
}
