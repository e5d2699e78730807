// reject: W2
// SPDX-License-Identifier: MPL-2.0
// symbol: power_off
/* Public, but of another type; for the checker it is the static function of this file (L4 refuses it before). */
#include <frame/types.h>
static u64 power_off(u64 n)
{
	return n;
}
u64 use(u64 n);
u64 use(u64 n)
{
	u64 first = power_off(n), power_off = n;
	{
		u64 power_off(u64 more);
		return power_off(first);
	}
}
