// SPDX-License-Identifier: MPL-2.0
/*
 * Limits of ICMP errors: the burst and the rate of one destination, those of all; a destination
 * without credit takes nothing from the others; chance takes more.
 */
#include <frame/sync.h>

#include "host.h"

#include "../../kernel/net/inet/ip.h"

#define MS (NSEC_PER_SEC / 1000)

void _spin_wait(struct spinlock *l)
{
	(void)l;
	UNIT_CHECK(false);
}

static u32 take(u32 to, u64 now, u32 tries, u64 extra)
{
	u32 n = 0;

	while (tries--)
		n += icmp_limit_take(ip4_addr(to), now, extra);
	return n;
}

int main(void)
{
	u32 i, n;

	icmp_limit_init(0x123456789abcdef1ul, 0xfedcba9876543211ul);
	UNIT_CHECK(take(1, 0, 1000, 0) == 6);
	UNIT_CHECK(take(1, NSEC_PER_SEC / 2, 1000, 0) == 0);
	UNIT_CHECK(take(1, NSEC_PER_SEC, 1000, 0) == 1);
	/* The thousands that were refused have left the credit of all. */
	for (i = 0, n = 0; i < 200; i++)
		n += take(100 + i, NSEC_PER_SEC, 1, 0);
	UNIT_CHECK(n == 49);
	UNIT_CHECK(take(1000, NSEC_PER_SEC, 1, 0) == 0);
	UNIT_CHECK(take(2000, NSEC_PER_SEC + MS, 10, 0) == 1);
	/* By chance a message counts for three. */
	for (i = 0, n = 0; i < 200; i++)
		n += take(5000 + i, 100 * NSEC_PER_SEC, 1, 2);
	UNIT_CHECK(n == 17);
	return 0;
}
